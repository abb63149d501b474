// The provider `messaging-tab`: messages among the actors that are linked to it, without a server.

import type { Message, Messaging, RequestMessage } from "../contracts.js";
import { WisteriaError } from "../error.js";
import { Answers, badArgument, type Answering, type Handlers, type ProvidedLink } from "../provide.js";
import { fields, isBytes, isText, isU32, optional } from "./arguments.js";
import { withValues } from "./calling.js";
import { MESSAGING, messagingDescription } from "./descriptions.js";
import type { CallActor } from "./lazy.js";
import { MessageHub, type Settings } from "./message-hub.js";
import { isOfUsers, pattern, subject } from "./subjects.js";

/** The provider for a lattice. Nobody else may run one for it in this origin. */
export function messaging(call: CallActor): Answering {
  const hub = new MessageHub();
  const callActor = withValues(call);

  const handlers: Handlers<"wasmcloud:messaging"> = {
    "Messaging.Publish": (message, call) => {
      if (!isMessage(message)) throw badArgument(call.operation, "it is no message: `subject` is a text, `body` bytes, `replyTo` a text if it is there");
      hub.publish(keyOf(call), message);
    },
    "Messaging.Request": (request, call) => {
      if (!isRequest(request)) throw badArgument(call.operation, "it is no request: `subject` is a text, `body` bytes, `timeoutMs` a number");
      return hub.request(keyOf(call), request, Math.max(0, call.deadline - Date.now()));
    },
  };
  const options = {
    link: (link: ProvidedLink) => {
      hub.put(keyOf(link), settingsOf(link), (message) => callActor(link.actor, "MessageSubscriber.HandleMessage", message, 0));
    },
    unlink: (link: Pick<ProvidedLink, "actor" | "linkName">) => hub.remove(keyOf(link)),
  };
  return new Answers(messagingDescription.name, handlers, options);
}

const isMessage = fields({ subject: isText, replyTo: optional(isText), body: isBytes }) as (value: unknown) => value is Message;
const isRequest = fields({ subject: isText, body: isBytes, timeoutMs: isU32 }) as (value: unknown) => value is RequestMessage;

const keyOf = ({ actor, linkName }: Pick<ProvidedLink, "actor" | "linkName">) => `${actor}/${linkName}`;

/** What a link says; throws what of it cannot be used. */
export function settingsOf({ actor, linkName, values }: Pick<ProvidedLink, "actor" | "linkName" | "values">): Settings {
  const atOnce = Number(values.CONCURRENCY);
  if (!(atOnce >= 1 && atOnce <= 256)) throw new Error(`\`CONCURRENCY=${values.CONCURRENCY}\` is not from 1 to 256`);
  const own = linkName === "default" ? actor : `${actor}.${linkName}`;
  const subscriptions = listed("SUBSCRIPTION", values).map((text) => {
    const [heard = "", queue = own] = text.split("|");
    return usable("SUBSCRIPTION", () => ({ pattern: pattern(heard.trim()), queue: subject(queue.trim()) }));
  });
  const publish = values.PUBLISH === undefined ? undefined : listed("PUBLISH", values).map((text) => usable("PUBLISH", () => pattern(text)));
  const ofSystems = [...subscriptions.map(({ pattern }) => pattern), ...(publish ?? [])].find((each) => !isOfUsers(each));
  if (ofSystems !== undefined) {
    throw new Error(
      `${ofSystems} stands for subjects of the lattice itself: a pattern begins with a plain word, which is not wasmbus or wisteria and does not begin with $ or _; choose another`,
    );
  }
  return { subscriptions, publish, atOnce };
}

const listed = (name: keyof typeof MESSAGING, values: ProvidedLink["values"]) => (values[name] ?? "").split(",").map((text) => text.trim()).filter((text) => text !== "");

function usable<T>(name: "SUBSCRIPTION" | "PUBLISH", read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw new Error(`\`${name}\` cannot be used: ${WisteriaError.from(thrown).message}; write it as ${name}=${MESSAGING[name].example}`);
  }
}
