// What people do with what an actor shows, on its way to the actor: one event after another, none kept for ever.

import type { UiEvent, UiEventKind } from "./contracts.js";

/** Events that wait for the actor; the next are not taken. */
const MOST_WAITING = 64;

/** The events of one link. */
export class EventQueue {
  readonly #tell: (event: UiEvent) => Promise<void>;
  readonly #waiting: UiEvent[] = [];
  #isTelling = false;
  #hasEnded = false;

  /** `tell` has the actor handle an event; that it fails changes nothing. */
  constructor(tell: (event: UiEvent) => Promise<void>) {
    this.#tell = tell;
  }

  /** Has an event wait for its turn. Of several moves that wait one after another, the last is kept. */
  add({ name, kind, value = "", x = 0, y = 0 }: Partial<UiEvent> & Pick<UiEvent, "name" | "kind">): void {
    if (this.#hasEnded) return;
    const last = this.#waiting.at(-1);
    const replaces = kind === "pointer-move" && last?.kind === kind && last.name === name;
    if (replaces) this.#waiting.pop();
    if (this.#waiting.length >= MOST_WAITING) {
      console.warn(`an actor does not keep up with its page: ${kind} of "${name}" is dropped`);
      return;
    }
    this.#waiting.push({ name, kind, value, x, y });
    if (!this.#isTelling) void this.#empty();
  }

  /** Tells of what is done with a canvas, in its own pixels. */
  follow(canvas: HTMLCanvasElement, name: string): void {
    const pointer = (kind: UiEventKind) => (event: PointerEvent) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const at = (offset: number, shown: number, pixels: number) => Math.floor((offset * pixels) / (shown || 1));
      this.add({ name, kind, x: at(event.clientX - left, width, canvas.width), y: at(event.clientY - top, height, canvas.height) });
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
      canvas.focus({ preventScroll: true });
      pointer("pointer-down")(event);
    });
    const move = pointer("pointer-move");
    canvas.addEventListener("pointermove", (event) => event.buttons !== 0 && move(event));
    canvas.addEventListener("pointerup", pointer("pointer-up"));
    canvas.addEventListener("keydown", ({ key }) => this.add({ name, kind: "key-down", value: key }));
    canvas.addEventListener("keyup", ({ key }) => this.add({ name, kind: "key-up", value: key }));
  }

  /** Takes no more. */
  end(): void {
    this.#hasEnded = true;
    this.#waiting.length = 0;
  }

  async #empty(): Promise<void> {
    this.#isTelling = true;
    for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) {
      // An actor need not know events.
      await this.#tell(event).catch(() => {});
    }
    this.#isTelling = false;
  }
}
