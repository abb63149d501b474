// The service worker by which `fetch("/actors/NAME/…")` of a page reaches an actor in a tab of that origin, with no server.
// It knows nothing of its own: it asks the origin's pages which of them serves the name, and hands that the request.
//
// What an actor answers is given to scripts alone. Were it shown as a document or run as a script, the actor would run in
// the page's name.

import type { ServedRequest, ServedResponse } from "./serve.js";

/** The part of a service worker's scope that is needed here. */
interface Scope {
  registration: { scope: string };
  clients: { matchAll(options: object): Promise<{ postMessage(message: unknown, transfer: Transferable[]): void }[]>; claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: { waitUntil(work: Promise<unknown>): void }) => void): void;
  addEventListener(type: "fetch", listener: (event: { request: Request; respondWith(answer: Promise<Response>): void }) => void): void;
}

const scope = self as unknown as Scope;

/** Milliseconds within which a page says that it serves a name. */
const PATIENCE = 2000;
/** Most bytes of a body, as at servers. */
const BODY_LIMIT = 8 << 20;

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const below = new URL("actors/", scope.registration.scope);
  const url = new URL(request.url);
  const [, name, path] = (url.origin === below.origin && url.pathname.startsWith(below.pathname) && /^([^/]+)(\/.*)?$/.exec(url.pathname.slice(below.pathname.length))) || [];
  if (name === undefined) return;
  event.respondWith(answer(request, name, path ?? "/", url.search.slice(1)));
});

async function answer(request: Request, name: string, path: string, queryString: string): Promise<Response> {
  if (request.mode === "navigate" || request.destination !== "") {
    return refusal(403, "not-permitted", "what actors answer is for scripts of this page, by fetch; it is not shown or run");
  }
  const body = new Uint8Array(await request.arrayBuffer());
  if (body.length > BODY_LIMIT) return refusal(413, "payload-too-large", `the body is above the limit of ${BODY_LIMIT} bytes; send less at once`);
  const header: ServedRequest["header"] = {};
  for (const [key, value] of request.headers) header[key] = [value];
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const served: ServedRequest = { method: request.method, path, queryString, header, body };
  return new Promise((resolve) => {
    const none = `no open page of this origin serves "${name}"; open one, and link the actor to its httpserver-page with NAME=${name}`;
    const timer = setTimeout(() => resolve(refusal(502, "no-responders", none)), PATIENCE);
    let chosen = false;
    for (const page of pages) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<"mine" | ServedResponse>) => {
        if (data !== "mine") return resolve(response(data));
        if (chosen) return port1.close();
        chosen = true;
        clearTimeout(timer);
        port1.postMessage(served);
      };
      page.postMessage({ wisteria: "serve", name }, [port2]);
    }
  });
}

/** Statuses whose responses have no body. */
const WITHOUT_BODY = [204, 205, 304];

function response(served: ServedResponse): Response {
  if ("code" in served) return refusal(served.status, served.code, served.message);
  const { statusCode: status, header, body } = served;
  if (status < 200 || status > 599) return refusal(502, "bad-reply", `the actor answered with ${status}, which is no final HTTP status`);
  const headers = new Headers();
  for (const [name, values] of Object.entries(header)) {
    try {
      for (const value of values) headers.append(name, value);
    } catch {
      console.warn(`the response header ${name} of an actor is not valid HTTP and was left out`);
    }
  }
  headers.set("x-content-type-options", "nosniff");
  headers.set("content-security-policy", "sandbox; default-src 'none'");
  return new Response(WITHOUT_BODY.includes(status) ? null : (body as Uint8Array<ArrayBuffer>), { status, headers });
}

function refusal(status: number, code: string, message: string): Response {
  return new Response(`${message}\n`, { status, headers: { "content-type": "text/plain;charset=utf-8", "wisteria-error": code } });
}
