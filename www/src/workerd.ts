// The entry of the package for servers' surroundings of workers, such as workerd: they know only the modules that they were
// deployed with, and each host lives on the thread that starts it.

import { enter } from "./surroundings.js";

enter({ prepare: copyWhatIsSent });

export * from "./index.js";

let isCopying = false;

/**
 * Has WebSockets send copies. workerd reads what is sent only later, when the host's memory, of which it is a part, holds
 * something else; browsers have read it by the time that `send` returns.
 */
async function copyWhatIsSent(): Promise<void> {
  if (isCopying) return;
  isCopying = true;
  const Sending = class extends WebSocket {
    override send(data: Parameters<WebSocket["send"]>[0]): void {
      super.send(data instanceof Uint8Array ? data.slice() : data);
    }
  };
  Object.assign(globalThis, { WebSocket: Sending });
}
