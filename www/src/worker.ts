// The worker in which a host lives.

import { Hosting } from "./hosting.js";
import type { FromHost, ToHost } from "./protocol.js";

const scope = self as unknown as {
  onmessage: ((message: MessageEvent<ToHost>) => void) | null;
  postMessage(message: FromHost): void;
};

const hosting = new Hosting((message) => scope.postMessage(message));
scope.onmessage = ({ data }) => void hosting.take(data);
