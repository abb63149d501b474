import { Host } from "wisteria/inline";

window.start = (options) => Host.start(options);
