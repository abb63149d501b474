// Actors behind `fetch("/actors/NAME/…")`: the page's end of the service worker.

import { WisteriaError } from "./error.js";
import type { Host } from "./host.js";
import type { Provider } from "./provider.js";

/** A request as actors get it. */
export interface ServedRequest {
  method: string;
  path: string;
  queryString: string;
  header: Record<string, string[]>;
  body: Uint8Array;
}

/** What an actor answers, or why there is no answer. */
export type ServedResponse =
  | { statusCode: number; header: Record<string, string[]>; body: Uint8Array }
  | { status: number; code: string; message: string };

/** How a page serves actors. */
export interface ServeOptions {
  /** Where the page's server has `wisteria/service-worker`; `/service-worker.js` by default. Its folder is what it serves. */
  script?: string | URL;
  /** Milliseconds that an actor has for its answer; 10,000 by default. */
  deadline?: number;
}

/** Statuses of failures, as servers answer them. */
const STATUS: Record<string, number> = {
  overloaded: 503,
  timeout: 504,
  "no-responders": 502,
  "host-lost": 502,
  unreachable: 502,
  "actor-not-found": 502,
  "payload-too-large": 413,
};

/** Registers the service worker, and provides `wasmcloud:httpserver` by it. */
export async function serve(host: Host, { script = "/service-worker.js", deadline = 10_000 }: ServeOptions = {}): Promise<Provider> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) throw new WisteriaError("unsupported", "this page has no service workers; serve it with TLS or from localhost");
  const actors = new Map<string, { actor: string; linkName: string }>();
  const isOf = (link: { actor: string; linkName: string }) => (entry: [string, typeof link]) =>
    entry[1].actor === link.actor && entry[1].linkName === link.linkName;
  const forget = (link: { actor: string; linkName: string }) => {
    for (const [name] of [...actors].filter(isOf(link))) actors.delete(name);
  };
  let provider: Provider | undefined;

  const answer = async (actor: string, request: ServedRequest): Promise<ServedResponse> => {
    try {
      if (!provider) throw new WisteriaError("no-responders", "the page does not serve yet; ask again");
      const reply = (await provider.call(actor, "HttpServer.HandleRequest", request, { deadline })) as Partial<ServedResponse> | undefined;
      return { statusCode: 200, header: {}, body: new Uint8Array(), ...reply };
    } catch (thrown) {
      const { code, message } = WisteriaError.from(thrown);
      return { status: STATUS[code] ?? 500, code, message };
    }
  };
  const listen = ({ data, ports: [port] }: MessageEvent<{ wisteria?: string; name: string }>) => {
    const link = data?.wisteria === "serve" ? actors.get(data.name) : undefined;
    if (!port || !link) return port?.close();
    port.onmessage = async ({ data }: MessageEvent<ServedRequest>) => {
      port.postMessage(await answer(link.actor, data));
      port.close();
    };
    port.postMessage("mine");
  };

  await workers.register(script, { type: "module" }).catch((cause: unknown) => {
    const why = WisteriaError.from(cause).message;
    throw new WisteriaError("unsupported", `the service worker ${script} cannot be registered: ${why}; serve wisteria/service-worker there`, { cause });
  });
  await workers.ready;
  workers.addEventListener("message", listen);
  workers.startMessages();
  try {
    provider = await host.provide("wasmcloud:httpserver", {}, {
      name: "httpserver-page",
      title: "HTTP by this page's service worker",
      values: { NAME: { required: true, about: "what fetch(\"/actors/NAME/\") reaches the actor by", example: "shop" } },
      link: (link) => {
        const name = link.values.NAME ?? "";
        if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw new Error("`NAME` has up to 64 letters, digits, `_` and `-`; write it as NAME=shop");
        const other = actors.get(name);
        if (other && !isOf(link)([name, other])) throw new Error(`\`NAME=${name}\` is that of actor ${other.actor}; choose another`);
        forget(link);
        actors.set(name, { actor: link.actor, linkName: link.linkName });
      },
      unlink: forget,
    });
    return provider;
  } catch (thrown) {
    workers.removeEventListener("message", listen);
    throw thrown;
  }
}
