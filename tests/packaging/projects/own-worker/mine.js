// A worker that is a page's own, and has a host.

import { Host } from "wisteria";
import { enter } from "../../scenario.mjs";

let joined;

onmessage = async ({ data }) => {
  try {
    if (data === "leave") await joined.host.stop();
    else joined = await enter((options) => Host.start(options), data);
    postMessage({ seen: joined.seen });
  } catch (error) {
    postMessage({ error: `${error.code}: ${error.message}` });
  }
};
