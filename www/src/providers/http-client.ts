// The provider `httpclient-fetch`: requests of actors by the browser's own `fetch`, to where the link allows.

import type { HttpRequest, HttpResponse } from "../contracts.js";
import { WisteriaError } from "../error.js";
import { Answers, badArgument, type Answering, type ProviderCall } from "../provide.js";
import { AllowList, shown, urlOf } from "./allow-list.js";
import { bytesOf, durationOf, fields, isBytes, isText, isTexts, optional, sizeOf } from "./arguments.js";
import { httpClientDescription } from "./descriptions.js";

/** Most bytes of a response that a link may ask for. */
const MOST_BODY = 16 << 20;

/** The provider. */
export function httpClient(): Answering {
  const options = {
    link: ({ values }: { values: Readonly<Record<string, string>> }) => {
      new AllowList(values.ALLOW ?? "");
      if (sizeOf(values.MAX_BODY) > MOST_BODY) throw new Error("`MAX_BODY` is at most 16Mi; a message holds no more");
    },
  };
  return new Answers(httpClientDescription.name, { "HttpClient.Request": request }, options);
}

const isHeaders = (value: unknown) => typeof value === "object" && value !== null && Object.values(value).every(isTexts);
const isRequest = fields({ method: optional(isText), url: optional(isText), headers: optional(isHeaders), body: optional(isBytes) });

async function request(argument: Partial<HttpRequest>, call: ProviderCall): Promise<HttpResponse> {
  if (!isRequest(argument)) throw badArgument(call.operation, "it is no request");
  const { url, init } = checked(argument);
  const refusal = new AllowList(call.values.ALLOW ?? "").refusal(url);
  if (refusal) throw failed(refusal);
  const patience = durationOf(call.values.TIMEOUT);
  const late = AbortSignal.timeout(patience);
  try {
    const response = await fetch(url, { ...init, signal: late });
    if (response.type === "opaqueredirect") {
      throw failed(`${shown(url)} redirects, and a tab does not see where to; ask for its last URL`);
    }
    const body = await bodyOf(response, url, sizeOf(call.values.MAX_BODY));
    const header: HttpResponse["header"] = {};
    for (const [name, value] of response.headers) if (!OF_CONNECTION.has(name)) header[name] = [value];
    return { statusCode: response.status, header, body };
  } catch (thrown) {
    if (thrown instanceof WisteriaError) throw thrown;
    if (late.aborted) {
      throw unavailable(`the server did not answer within ${patience} ms; see that it is well, or give the link a longer TIMEOUT`);
    }
    const why = WisteriaError.from(thrown).message;
    throw unavailable(`${url.origin} cannot be reached from this page: ${why}; see that it runs there, that it lets the page's origin read its answers (CORS), and that the page's policy allows it (connect-src)`);
  }
}

const failed = (message: string) => new WisteriaError("provider-failed", message);
const unavailable = (message: string) => new WisteriaError("provider-unavailable", message);

/** What belongs to one connection, RFC 9110, section 7.6.1, and what the URL, the body and the client say. */
const OF_CONNECTION = new Set(
  "connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade host content-length expect".split(" "),
);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function checked({ method = "GET", url: text = "", headers = {}, body }: Partial<HttpRequest>): { url: URL; init: RequestInit } {
  const refuse = (why: string) => failed(`the request cannot be sent: ${why}`);
  if (!TOKEN.test(method)) throw refuse(`"${method}" is no method`);
  if (/^(connect|trace|track)$/i.test(method)) throw refuse(`${method} is for proxies and not for actors`);
  const bytes = body === undefined ? new Uint8Array() : bytesOf(body);
  if (/^(get|head)$/i.test(method) && bytes.length > 0) throw refuse(`${method} has no body; use POST, or leave the body out`);
  const url = urlOf(text);
  if (!url) throw refuse("its URL cannot be read: it is no absolute URL");
  url.hash = "";
  const init: RequestInit = {
    method,
    headers: outgoing(headers, refuse),
    // What the browser would add is the user's, not the actor's.
    credentials: "omit",
    referrerPolicy: "no-referrer",
    cache: "no-store",
    // Where a redirect leads is not told, and could be anywhere.
    redirect: "manual",
  };
  if (bytes.length > 0) init.body = bytes as Uint8Array<ArrayBuffer>;
  return { url, init };
}

function outgoing(headers: HttpRequest["headers"], refuse: (why: string) => Error): Headers {
  const outgoing = new Headers();
  const named = Object.entries(headers).filter(([name]) => name.toLowerCase() === "connection");
  const dropped = new Set(named.flatMap(([, values]) => values.flatMap((value) => value.split(",").map((name) => name.trim().toLowerCase()))));
  for (const [name, values] of Object.entries(headers)) {
    if (!TOKEN.test(name)) throw refuse(`"${name}" is no name of a header`);
    for (const value of values) {
      if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw refuse(`the value of the header "${name}" has characters that no header holds`);
      if (!OF_CONNECTION.has(name.toLowerCase()) && !dropped.has(name.toLowerCase())) outgoing.append(name, value);
    }
  }
  return outgoing;
}

async function bodyOf(response: Response, url: URL, most: number): Promise<Uint8Array> {
  const tooLarge = () => failed(`the response of ${shown(url)} is larger than ${most} bytes; ask for less, or raise the link's MAX_BODY`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { value: chunk } = (await reader?.read()) ?? {};
    if (!chunk) break;
    length += chunk.length;
    if (length > most) {
      await reader?.cancel();
      throw tooLarge();
    }
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
