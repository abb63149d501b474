// `wasmcloud:builtin:logging`: lines for the log of the host.

import { callProvider } from "./guest";
import { Value } from "./value";

/** Lines for the log of the host; no link is needed. */
export namespace log {
  /** What matters to whoever looks for a mistake. */
  export function debug(text: string): void {
    write("debug", text);
  }

  /** What happens. */
  export function info(text: string): void {
    write("info", text);
  }

  /** What is not as it should be. */
  export function warn(text: string): void {
    write("warn", text);
  }

  /** What went wrong. */
  export function error(text: string): void {
    write("error", text);
  }
}

function write(level: string, text: string): void {
  callProvider("wasmcloud:builtin:logging", "Logging.WriteLog", Value.map().set("level", level).set("text", text));
}
