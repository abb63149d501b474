// A provider whose code is loaded when its first link comes.

import { WisteriaError } from "../error.js";
import type { Answering, Description } from "../provide.js";

/** Calls an actor in a provider's name: bytes in and out, the time is in milliseconds. */
export type CallActor = (actor: string, operation: string, payload: Uint8Array, millis: number) => Promise<Uint8Array>;

/** What a provider does, once its code is there. It may call actors by `call`. */
export type Load = (call: CallActor) => Promise<Answering>;

/** A link as the host tells of it. */
type Link = Parameters<Answering["link"]>;

/** Answers by code that is loaded at need. What cannot be loaded now is tried again with the next link or call. */
export class LazyAnswers implements Answering {
  readonly #name: string;
  readonly #load: Load;
  readonly #call: CallActor;
  #loading: Promise<Answering> | undefined;
  /** Links that were put before, and came when the code could not be loaded. */
  readonly #untold = new Map<string, Link>();

  constructor({ name }: Pick<Description, "name">, load: Load, call: CallActor) {
    this.#name = name;
    this.#load = load;
    this.#call = call;
  }

  async link(...link: Link): Promise<void> {
    const [actor, linkName, , isNew] = link;
    try {
      await (await this.#loaded()).link(...link);
    } catch (thrown) {
      if (isNew || this.#loading) throw thrown;
      // It was acknowledged: it stands, and works once the code can be loaded.
      this.#untold.set(`${actor}/${linkName}`, link);
    }
  }

  async unlink(...ended: Parameters<Answering["unlink"]>): Promise<void> {
    const [actor, linkName] = ended;
    if (this.#untold.delete(`${actor}/${linkName}`)) return;
    await (await this.#loaded()).unlink(...ended);
  }

  async invoke(...call: Parameters<Answering["invoke"]>): Promise<Uint8Array> {
    return (await this.#loaded()).invoke(...call);
  }

  async health(): Promise<void> {
    // What nobody has linked to has nothing that could be ill.
    await (await this.#loading)?.health();
  }

  async export(...part: Parameters<Answering["export"]>): Promise<(string | undefined)[]> {
    return (await this.#loaded()).export(...part);
  }

  async import(...part: Parameters<Answering["import"]>): Promise<void> {
    await (await this.#loaded()).import(...part);
  }

  async #tell(answers: Answering, link: Link): Promise<void> {
    try {
      await answers.link(...link);
    } catch (thrown) {
      console.warn(`${this.#name} refuses the link of ${link[0]} under "${link[1]}": ${WisteriaError.from(thrown).message}`);
    }
  }

  #loaded(): Promise<Answering> {
    this.#loading ??= this.#begin();
    return this.#loading;
  }

  async #begin(): Promise<Answering> {
    try {
      const answers = await this.#load(this.#call);
      await Promise.all([...this.#untold.values()].map((link) => this.#tell(answers, link)));
      this.#untold.clear();
      return answers;
    } catch (cause) {
      this.#loading = undefined;
      const why = WisteriaError.from(cause).message;
      throw new WisteriaError("provider-unavailable", `the code of ${this.#name} cannot be loaded: ${why}; see that the page's server is there and has all files of this version, or load the page again`, { cause });
    }
  }
}
