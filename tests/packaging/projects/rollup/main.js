import { Host } from "wisteria";

window.start = (options) => Host.startIn(new Worker("/worker.js", { type: "module" }), options);
