// A worker that is a plain object and answers by `methods`; a method that throws rejects.

/** `methods` by their names, without `start`. `got` keeps what is no request, `tell` has the worker say something. */
export function fakeWorker(methods) {
  const worker = {
    terminated: false,
    got: [],
    postMessage(message) {
      const { id, method, args } = message;
      if (id === undefined) return worker.got.push(message);
      queueMicrotask(async () => {
        try {
          const value = method === "start" ? { hostId: "N".padEnd(56, "A"), engine: "jspi" } : await methods[method](...args);
          worker.onmessage({ data: { id, value } });
        } catch (error) {
          worker.onmessage({ data: { id, error: { code: error.code ?? "other", message: error.message } } });
        }
      });
    },
    tell: (data) => worker.onmessage({ data }),
    terminate() {
      worker.terminated = true;
    },
  };
  return worker;
}
