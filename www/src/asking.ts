// How the host's worker asks the page's providers.

import { WisteriaError } from "./error.js";
import type { Answering } from "./provide.js";
import type { Ask, AskAnswer } from "./protocol.js";

/** How long a page may think about a link, its health, and what it keeps, in milliseconds. */
const PATIENCE = { link: 5000, unlink: 5000, health: 2000, state: 5000 };

interface Open {
  resolve(value: unknown): void;
  reject(error: WisteriaError): void;
  timer: ReturnType<typeof setTimeout>;
}

/** The worker's end. A page that does not answer in time is given up, so that no more is open than was called. */
export class Asking {
  readonly #open = new Map<number, Open>();
  readonly #post: (ask: Ask) => void;
  #next = 1;

  constructor(post: (ask: Ask) => void) {
    this.#post = post;
  }

  /** What answers for the page's provider of that number. */
  provider(provider: number): Answering {
    const ask = (method: keyof Answering, millis: number, args: unknown[]) => this.#ask({ provider, method, args }, millis);
    return {
      link: (...args) => ask("link", PATIENCE.link, args) as Promise<void>,
      unlink: (...args) => ask("unlink", PATIENCE.unlink, args) as Promise<void>,
      invoke: (...args) => ask("invoke", args[4], args) as Promise<Uint8Array>,
      health: () => ask("health", PATIENCE.health, []) as Promise<void>,
      export: (...args) => ask("export", PATIENCE.state, args) as Promise<(string | undefined)[]>,
      import: (...args) => ask("import", PATIENCE.state, args) as Promise<void>,
    };
  }

  #ask(question: Omit<Ask, "ask">, millis: number): Promise<unknown> {
    const ask = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#open.delete(ask);
        reject(new WisteriaError("timeout", `the page's provider did not answer within ${Math.round(millis)} ms`));
      }, millis);
      this.#open.set(ask, { resolve, reject, timer });
      this.#post({ ask, ...question });
    });
  }

  /** The page answers. */
  settle(answer: AskAnswer): void {
    const open = this.#open.get(answer.ask);
    if (!open) return;
    this.#open.delete(answer.ask);
    clearTimeout(open.timer);
    if ("error" in answer) open.reject(new WisteriaError(answer.error.code, answer.error.message));
    else open.resolve(answer.value);
  }
}
