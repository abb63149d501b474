// The worker of the entry that is one file; it is built into a text, with all that it needs.

import { Hosting } from "./hosting.js";
import type { FromHost, ToHost } from "./protocol.js";

const scope = self as unknown as {
  onmessage: ((message: MessageEvent<ToHost>) => void) | null;
  postMessage(message: FromHost): void;
};

const hosting = new Hosting((message) => scope.postMessage(message));
scope.onmessage = ({ data }) => hosting.take(data);
