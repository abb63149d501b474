import { Host } from "wisteria";

window.start = (options) => Host.start(options);
