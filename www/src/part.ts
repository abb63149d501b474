// Parts of the package that are loaded when they are needed.

import { WisteriaError } from "./error.js";

/** What a part brings. Where it cannot be loaded now, it is tried again when it is needed again. */
export async function part<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const why = WisteriaError.from(cause).message;
    throw new WisteriaError("unreachable", `a part of the package cannot be loaded: ${why}; see that the page's server is there and has all files of this version, or load the page again`, { cause });
  }
}
