// The worker in which a host lives. It imports nothing before it runs and exports nothing: bundlers would else cut off
// parts that import this file again, which WebKit then runs a second time.

import type { FromHost, ToHost } from "./protocol.js";

const scope = self as unknown as {
  onmessage: ((message: MessageEvent<ToHost>) => void) | null;
  postMessage(message: FromHost): void;
};

const hosting = import("./in-worker.js").then(({ hosting }) => hosting((message) => scope.postMessage(message)));
hosting.catch((error: unknown) =>
  // Thrown in a task of its own, it reaches the page, which rejections do not.
  setTimeout(() => {
    throw error;
  }),
);
scope.onmessage = async ({ data }) => (await hosting).take(data);
// From then on without a detour; what came before is taken before.
hosting.then((hosting) => (scope.onmessage = ({ data }) => hosting.take(data))).catch(() => {});
