// The worker of the broker of tabs. It imports nothing before it runs, as that of a host.

import type { FromBroker, ToBroker } from "./tab-terms.js";

const scope = self as unknown as {
  onmessage: ((message: MessageEvent<ToBroker>) => void) | null;
  postMessage(message: FromBroker): void;
};

const broker = import("./in-broker.js").then(({ Serving }) => new Serving((message) => scope.postMessage(message)));
broker.catch((error: unknown) =>
  // Thrown in a task of its own, it reaches who started this, which rejections do not.
  setTimeout(() => {
    throw error;
  }),
);
scope.onmessage = async ({ data }) => (await broker).take(data);
