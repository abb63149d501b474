// Which parts of the state are to be asked for: what becomes due within a moment is asked at once, and never twice at a time.

/** What an ask is about. */
export interface Parts {
  hosts: boolean;
  links: boolean;
  claims: boolean;
  inventories: Set<string>;
}

/** What becomes due within this time is asked together, in milliseconds. */
const GATHER = 40;

const nothing = (): Parts => ({ hosts: false, links: false, claims: false, inventories: new Set() });

/** Gathers what is due, and has it asked for. */
export class Due {
  readonly #ask: (parts: Parts) => Promise<void>;
  #parts = nothing();
  #gathering: Promise<void> | undefined;

  /** `ask` asks for parts, and resolves once they were answered. */
  constructor(ask: (parts: Parts) => Promise<void>) {
    this.#ask = ask;
  }

  /** Everything, as after a reconnect. */
  all(): void {
    Object.assign(this.#parts, { hosts: true, links: true, claims: true });
    this.#gather();
  }

  hosts(): void {
    this.#parts.hosts = true;
    this.#gather();
  }

  links(): void {
    this.#parts.links = true;
    this.#gather();
  }

  claims(): void {
    this.#parts.claims = true;
    this.#gather();
  }

  /** What runs on a host. */
  inventory(host: string): void {
    this.#parts.inventories.add(host);
    this.#gather();
  }

  /** Resolves once all that is due now has been answered. */
  async settled(): Promise<void> {
    while (this.#gathering) await this.#gathering;
  }

  #gather(): void {
    this.#gathering ??= this.#run();
  }

  async #run(): Promise<void> {
    await new Promise((gathered) => setTimeout(gathered, GATHER));
    const parts = this.#parts;
    this.#parts = nothing();
    try {
      await this.#ask(parts);
    } finally {
      this.#gathering = undefined;
      const { hosts, links, claims, inventories } = this.#parts;
      if (hosts || links || claims || inventories.size > 0) this.#gather();
    }
  }
}
