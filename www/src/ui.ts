// What actors show on the page, and what people do there: the contract `wisteria:ui`. All of it is text, canvases and
// inputs that are made here; nothing that an actor says is ever read as HTML.

import type { CanvasBitmap, InputKind, NotifyLevel, Ui, UiEvent } from "./contracts.js";
import { WisteriaError } from "./error.js";
import type { Host } from "./host.js";
import { badArgument, type ProviderCall } from "./provide.js";
import type { Provider } from "./provider.js";
import { fields, isBytes, isText, isTexts, isU32, isI32, bytesOf, optional } from "./providers/arguments.js";
import { EventQueue } from "./ui-events.js";

/** How wide and how high a canvas may be. */
const MOST_SIDE = 4096;
/** Things that one link shows at once. */
const MOST_THINGS = 256;
/** Pixels of all canvases of one link together. */
const MOST_PIXELS = 16 << 20;
/** Characters of one text. */
const MOST_TEXT = 1 << 20;
/** Messages that are shown at once, and for how many milliseconds. */
const [MOST_NOTES, NOTE_TIME] = [5, 6000];

/** How what actors show is mounted. */
export interface MountOptions {
  /** The provider's name, by which links find it; `ui` by default. */
  name?: string;
  /** The element that gets what a link shows; a section of its own at the end of the mounted one where nothing is said. */
  place?(link: { actor: string; linkName: string }): HTMLElement | undefined;
  /** Is told of each operation once it is carried out, as `Ui.Draw`; what it throws is the actor's failure. */
  told?(done: { actor: string; linkName: string; operation: string }): void;
}

interface Thing {
  /** What stands on the page. */
  element: HTMLElement;
  text?: { node: Text };
  canvas?: HTMLCanvasElement;
  input?: { kind: InputKind; control: HTMLInputElement | HTMLButtonElement; label: HTMLElement; value: string };
}

/** Provides `wisteria:ui` by an element of the page. */
export async function mount(host: Host, element: HTMLElement, options: MountOptions = {}): Promise<Provider> {
  const links = new Map<string, Shown>();
  const notes = document.createElement("div");
  notes.className = "wisteria-notes";
  notes.setAttribute("role", "status");
  element.append(notes);
  const keyOf = ({ actor, linkName }: { actor: string; linkName: string }) => `${actor}/${linkName}`;
  const shownOf = (call: ProviderCall) => {
    const shown = links.get(keyOf(call));
    if (!shown) throw new WisteriaError("provider-failed", "the link has just ended; put it again");
    return shown;
  };
  let provider: Provider | undefined;

  const handlers = Object.fromEntries(
    Object.entries(OPERATIONS).map(([operation, { read, run }]) => [
      operation,
      (argument: unknown, call: ProviderCall) => {
        if (!read(argument)) throw badArgument(operation, `it is not what ${operation} takes`);
        const reply = (run as (shown: Shown, argument: unknown) => unknown)(shownOf(call), argument);
        options.told?.({ actor: call.actor, linkName: call.linkName, operation });
        return reply;
      },
    ]),
  ) as unknown as Ui;
  provider = await host.provide("wisteria:ui", handlers, {
    name: options.name ?? "ui",
    title: "What actors show on the page",
    link: (link) => {
      // A link that is put again keeps what it shows.
      if (links.has(keyOf(link))) return;
      const tell = async (event: UiEvent) => void (await provider?.call(link.actor, "Ui.HandleEvent", event));
      links.set(keyOf(link), new Shown(options.place?.(link) ?? section(element, link), notes, new EventQueue(tell)));
    },
    unlink: (link) => {
      links.get(keyOf(link))?.clear();
      links.delete(keyOf(link));
    },
  });
  return provider;
}

function section(element: HTMLElement, { actor, linkName }: { actor: string; linkName: string }): HTMLElement {
  const section = document.createElement("section");
  section.className = "wisteria-actor";
  section.dataset.actor = actor;
  section.dataset.link = linkName;
  element.append(section);
  return section;
}

/** What one link shows. */
class Shown {
  readonly #things = new Map<string, Thing>();
  readonly #place: HTMLElement;
  readonly #notes: HTMLElement;
  readonly #events: EventQueue;

  constructor(place: HTMLElement, notes: HTMLElement, events: EventQueue) {
    this.#place = place;
    this.#notes = notes;
    this.#events = events;
  }

  showText({ name, text, append = false }: { name: string; text: string; append?: boolean }): void {
    const shown = this.#things.get(name)?.text;
    const whole = append && shown ? shown.node.data + text : text;
    if (whole.length > MOST_TEXT) throw failed(`the text "${name}" would have more than ${MOST_TEXT} characters; show it anew`);
    if (shown) {
      if (append) shown.node.appendData(text);
      else shown.node.data = text;
      return;
    }
    const element = named("p", "wisteria-text", name);
    const node = document.createTextNode(text);
    element.append(node);
    this.#put(name, { element, text: { node } });
  }

  notify({ text, level = "info" }: { text: string; level?: NotifyLevel }): void {
    const note = document.createElement("button");
    note.type = "button";
    note.className = `wisteria-note wisteria-${level}`;
    note.textContent = text.slice(0, MOST_TEXT);
    note.addEventListener("click", () => note.remove());
    setTimeout(() => note.remove(), NOTE_TIME);
    this.#notes.append(note);
    while (this.#notes.childElementCount > MOST_NOTES) this.#notes.firstElementChild?.remove();
  }

  showCanvas({ name, width, height }: { name: string; width: number; height: number }): void {
    const isSide = (side: number) => side >= 1 && side <= MOST_SIDE;
    if (!isSide(width) || !isSide(height)) throw failed(`a canvas has 1 to ${MOST_SIDE} pixels on each side; choose another size`);
    const known = this.#things.get(name)?.canvas;
    if (known?.width === width && known.height === height) return;
    const canvases = [...this.#things].filter(([other]) => other !== name).map(([, { canvas }]) => (canvas ? canvas.width * canvas.height : 0));
    if (canvases.reduce((sum, pixels) => sum + pixels, width * height) > MOST_PIXELS) {
      throw failed(`the canvases of one link have at most ${MOST_PIXELS} pixels together; remove one first`);
    }
    const canvas = named("canvas", "wisteria-canvas", name);
    [canvas.width, canvas.height, canvas.tabIndex] = [width, height, 0];
    canvas.setAttribute("aria-label", name);
    this.#events.follow(canvas, name);
    this.#put(name, { element: canvas, canvas });
  }

  draw({ canvas: name, x = 0, y = 0, width, height, pixels: given }: CanvasBitmap): void {
    const canvas = this.#things.get(name)?.canvas;
    if (!canvas) throw failed(`no canvas "${name}" is shown; show it by Ui.ShowCanvas first`);
    const pixels = bytesOf(given);
    if (pixels.length !== width * height * 4) {
      throw failed(`${width} × ${height} pixels have ${width * height * 4} bytes, not ${pixels.length}; send all of them`);
    }
    if (pixels.length === 0) return;
    const bitmap = new ImageData(new Uint8ClampedArray(pixels), width, height);
    canvas.getContext("2d")?.putImageData(bitmap, x, y);
  }

  showInput({ name, kind = "text", label = "", value }: { name: string; kind?: InputKind; label?: string; value?: string }): void {
    let input = this.#things.get(name)?.input;
    if (input?.kind !== kind) {
      input = this.#newInput(name, kind);
      value ??= { text: "", number: "0", checkbox: "false", button: "" }[kind];
    }
    input.label.textContent = label;
    if (value === undefined) return;
    input.value = value;
    if (kind === "checkbox") (input.control as HTMLInputElement).checked = value === "true";
    else input.control.value = value;
  }

  #newInput(name: string, kind: InputKind): NonNullable<Thing["input"]> {
    if (kind === "button") {
      const button = named("button", "wisteria-input", name);
      button.type = "button";
      const input = { kind, control: button, label: button, value: "" };
      button.addEventListener("click", () => this.#events.add({ name, kind: "press", value: input.value }));
      this.#put(name, { element: button, input });
      return input;
    }
    const element = named("label", "wisteria-input", name);
    const [label, control] = [document.createElement("span"), document.createElement("input")];
    control.type = kind;
    element.append(label, control);
    const input = { kind, control, label, value: "" };
    control.addEventListener("change", () => this.#events.add({ name, kind: "change", value: valueOf(input) }));
    this.#put(name, { element, input });
    return input;
  }

  readInputs(names: string[]): Record<string, string> {
    const asked = names.length > 0 ? names : [...this.#things.keys()];
    const values = asked.flatMap((name): [string, string][] => {
      const input = this.#things.get(name)?.input;
      return input ? [[name, valueOf(input)]] : [];
    });
    return Object.fromEntries(values);
  }

  remove(name: string): boolean {
    const thing = this.#things.get(name);
    thing?.element.remove();
    return this.#things.delete(name);
  }

  clear(): void {
    for (const name of [...this.#things.keys()]) this.remove(name);
    this.#events.end();
    if (this.#place.classList.contains("wisteria-actor")) this.#place.remove();
  }

  /** Has a thing stand under its name, where another of that name stood or at the end. */
  #put(name: string, thing: Thing): void {
    const former = this.#things.get(name);
    if (!former && this.#things.size >= MOST_THINGS) throw failed(`a link shows at most ${MOST_THINGS} things; remove one first`);
    if (former) former.element.replaceWith(thing.element);
    else this.#place.append(thing.element);
    this.#things.set(name, thing);
  }
}

const failed = (message: string) => new WisteriaError("provider-failed", message);

function named<K extends keyof HTMLElementTagNameMap>(tag: K, kind: string, name: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = kind;
  element.dataset.name = name;
  return element;
}

function valueOf({ kind, control, value }: NonNullable<Thing["input"]>): string {
  if (kind === "button") return value;
  return kind === "checkbox" ? String((control as HTMLInputElement).checked) : control.value;
}

const oneOf =
  (...known: string[]) =>
  (value: unknown) =>
    known.includes(value as string);
const isFlag = (value: unknown) => typeof value === "boolean";

/** How each operation reads its argument, and what it does. */
const OPERATIONS = {
  "Ui.ShowText": {
    read: fields({ name: isText, text: isText, append: optional(isFlag) }),
    run: (shown: Shown, argument: Parameters<Shown["showText"]>[0]) => shown.showText(argument),
  },
  "Ui.Notify": {
    read: fields({ text: isText, level: optional(oneOf("info", "success", "warning", "error")) }),
    run: (shown: Shown, argument: Parameters<Shown["notify"]>[0]) => shown.notify(argument),
  },
  "Ui.ShowCanvas": {
    read: fields({ name: isText, width: isU32, height: isU32 }),
    run: (shown: Shown, argument: Parameters<Shown["showCanvas"]>[0]) => shown.showCanvas(argument),
  },
  "Ui.Draw": {
    read: fields({ canvas: isText, x: optional(isI32), y: optional(isI32), width: isU32, height: isU32, pixels: isBytes }),
    run: (shown: Shown, argument: CanvasBitmap) => shown.draw(argument),
  },
  "Ui.ShowInput": {
    read: fields({
      name: isText,
      kind: optional(oneOf("text", "number", "checkbox", "button")),
      label: optional(isText),
      value: optional(isText),
    }),
    run: (shown: Shown, argument: Parameters<Shown["showInput"]>[0]) => shown.showInput(argument),
  },
  "Ui.ReadInputs": { read: isTexts, run: (shown: Shown, names: string[]) => shown.readInputs(names) },
  "Ui.Remove": { read: isText, run: (shown: Shown, name: string) => shown.remove(name) },
};
