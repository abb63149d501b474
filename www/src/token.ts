// What lets a host in: where it comes from, and how it is renewed.

import { WisteriaError } from "./error.js";
import type { HostEvents } from "./events.js";
import type { RemoteHost, WorkerLike } from "./remote.js";

/** A join token, or what gets one. */
export type TokenSource = string | (() => string | Promise<string>);

/** After a failure, or while the lattice lets nobody in, another token is got after so many milliseconds. */
const RETRY = 5000;
/** Timers take no more milliseconds than this. */
const LONGEST = 2 ** 31 - 1;

/** The token that a host starts with. Where there is none, its worker is not needed. */
export async function firstToken(get: () => string | Promise<string>, worker: WorkerLike): Promise<string> {
  try {
    return await get();
  } catch (thrown) {
    worker.terminate();
    throw new WisteriaError("no-token", `the function \`token\` failed: ${WisteriaError.from(thrown).message}`);
  }
}

/** Gets another token when most of a token's time has passed, and while the connection is lost. */
export function keepRenewed(get: () => string | Promise<string>, first: string, remote: RemoteHost, events: HostEvents): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let connected = true;
  const renewIn = (milliseconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(renew, Math.min(milliseconds, LONGEST));
  };
  const renew = async () => {
    try {
      const token = await get();
      await remote.ask("renewToken", token);
      renewIn(connected ? pause(token) : RETRY);
    } catch {
      // The page's server may be away as the lattice is; a host that has ended needs none.
      if (remote.isOpen) renewIn(RETRY);
    }
  };
  renewIn(pause(first));
  events.on("connection", (state) => {
    connected = state === "connected";
    if (state === "reconnecting") void renew();
    if (state === "closed") clearTimeout(timer);
  });
}

/** How long a token is used, in milliseconds: most of the time until it expires. */
function pause(token: string): number {
  try {
    const [, claims = ""] = token.split(".");
    const { exp } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof exp === "number" ? Math.max(RETRY, (exp * 1000 - Date.now()) * 0.8) : LONGEST;
  } catch {
    // It is not for us to judge; the lattice says what is wrong with it.
    return LONGEST;
  }
}
