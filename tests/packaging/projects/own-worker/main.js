const worker = new Worker(new URL("./mine.js", import.meta.url), { type: "module" });

const ask = (message) =>
  new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.seen));
    worker.postMessage(message);
  });

window.enter = ask;
window.leave = () => ask("leave");
