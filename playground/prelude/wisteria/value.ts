// Values as arguments and replies have them: nothing, yes or no, numbers, texts, bytes, lists, and maps with names.

import { noteFailure } from "./failure";

/** What a value is. */
export enum Kind {
  Nil,
  Bool,
  Int,
  Float,
  Text,
  Bytes,
  List,
  Map,
}

/** A value of any kind. What is read as another kind than it is fails the call. */
export class Value {
  private whole: i64 = 0;
  private real: f64 = 0;
  private letters: string = "";
  private raw: Uint8Array | null = null;
  private parts: Value[] | null = null;
  private keys: string[] | null = null;

  private constructor(readonly kind: Kind) {}

  /** Nothing. */
  static nil(): Value {
    return new Value(Kind.Nil);
  }

  /** A value from a `bool`, a number, a `string`, a `Uint8Array`, a `Value`, or an array of these; nothing for `null`. */
  static of<T>(from: T): Value {
    if (isBoolean<T>()) {
      const value = new Value(Kind.Bool);
      value.whole = from ? 1 : 0;
      return value;
    } else if (isInteger<T>()) {
      const value = new Value(Kind.Int);
      value.whole = <i64>from;
      return value;
    } else if (isFloat<T>()) {
      const value = new Value(Kind.Float);
      value.real = <f64>from;
      return value;
    } else if (isString<T>()) {
      if (changetype<usize>(from) == 0) return Value.nil();
      const value = new Value(Kind.Text);
      value.letters = changetype<string>(from);
      return value;
    } else if (isArray<T>()) {
      const value = Value.list();
      for (let at = 0; at < from.length; at++) value.push(from[at]);
      return value;
    } else if (from instanceof Uint8Array) {
      const value = new Value(Kind.Bytes);
      value.raw = <Uint8Array>from;
      return value;
    } else if (from instanceof Value) {
      return <Value>from;
    } else {
      if (changetype<usize>(from) != 0) ERROR("a Value is made of a bool, a number, a string, a Uint8Array, a Value, or an array of these");
      return Value.nil();
    }
  }

  /** An empty list, to be filled by `push`. */
  static list(): Value {
    const value = new Value(Kind.List);
    value.parts = [];
    return value;
  }

  /** An empty map, to be filled by `set`. */
  static map(): Value {
    const value = new Value(Kind.Map);
    value.parts = [];
    value.keys = [];
    return value;
  }

  /** Adds to the end of a list; resolves to the list. */
  push<T>(part: T): Value {
    if (this.kind == Kind.List) this.parts!.push(Value.of(part));
    else this.mismatch("a list");
    return this;
  }

  /** Sets what a map has under a name; returns the map. */
  set<T>(name: string, part: T): Value {
    if (this.kind != Kind.Map) {
      this.mismatch("a map");
      return this;
    }
    const at = this.keys!.indexOf(name);
    if (at >= 0) this.parts![at] = Value.of(part);
    else {
      this.keys!.push(name);
      this.parts!.push(Value.of(part));
    }
    return this;
  }

  /** What a map has under a name; nothing where it has no such name. */
  get(name: string): Value {
    if (this.kind == Kind.Map) {
      const at = this.keys!.indexOf(name);
      return at >= 0 ? this.parts![at] : Value.nil();
    }
    if (this.kind != Kind.Nil) this.mismatch("a map");
    return Value.nil();
  }

  /** Whether a map has a name. */
  has(name: string): bool {
    return this.kind == Kind.Map && this.keys!.includes(name);
  }

  /** The part of a list, or of a map, at a position from 0; nothing beyond its end. */
  at(position: i32): Value {
    return position >= 0 && position < this.length ? this.parts![position] : Value.nil();
  }

  /** How many parts a list or a map has; 0 for all else. */
  get length(): i32 {
    const parts = this.parts;
    return parts === null ? 0 : parts.length;
  }

  /** The names of a map, in their order; none for all else. */
  get names(): string[] {
    const keys = this.keys;
    return keys === null ? [] : keys.slice();
  }

  /** Whether it is nothing. */
  get isNil(): bool {
    return this.kind == Kind.Nil;
  }

  /** It as yes or no. */
  get bool(): bool {
    if (this.kind != Kind.Bool) this.mismatch("true or false");
    return this.whole != 0;
  }

  /** It as a whole number of 32 bits. */
  get i32(): i32 {
    return <i32>this.i64;
  }

  /** It as a whole number. */
  get i64(): i64 {
    if (this.kind == Kind.Int) return this.whole;
    if (this.kind == Kind.Float && Math.trunc(this.real) == this.real) return <i64>this.real;
    this.mismatch("a whole number");
    return 0;
  }

  /** It as a number. */
  get f64(): f64 {
    if (this.kind == Kind.Float) return this.real;
    if (this.kind == Kind.Int) return <f64>this.whole;
    this.mismatch("a number");
    return 0;
  }

  /** It as a text. */
  get text(): string {
    if (this.kind == Kind.Bytes) return String.UTF8.decodeUnsafe(this.raw!.dataStart, this.raw!.byteLength);
    if (this.kind != Kind.Text) this.mismatch("a text");
    return this.letters;
  }

  /** It as bytes; of a text, its UTF-8. */
  get bytes(): Uint8Array {
    if (this.kind == Kind.Text) return Uint8Array.wrap(String.UTF8.encode(this.letters));
    const raw = this.raw;
    if (raw !== null) return raw;
    this.mismatch("bytes");
    return new Uint8Array(0);
  }

  /** It as texts, of a list of texts. */
  get texts(): string[] {
    const texts = new Array<string>();
    if (this.kind != Kind.List && this.kind != Kind.Nil) this.mismatch("a list");
    for (let at = 0; at < this.length; at++) texts.push(this.at(at).text);
    return texts;
  }

  /** It as a text; `other` where it is nothing. */
  textOr(other: string): string {
    return this.isNil ? other : this.text;
  }

  /** It as a whole number of 32 bits; `other` where it is nothing. */
  i32Or(other: i32): i32 {
    return this.isNil ? other : this.i32;
  }

  /** It as yes or no; `other` where it is nothing. */
  boolOr(other: bool): bool {
    return this.isNil ? other : this.bool;
  }

  private mismatch(wanted: string): void {
    noteFailure("it is " + nameOf(this.kind) + ", and " + wanted + " is needed");
  }
}

function nameOf(kind: Kind): string {
  switch (kind) {
    case Kind.Nil:
      return "nothing";
    case Kind.Bool:
      return "true or false";
    case Kind.Int:
    case Kind.Float:
      return "a number";
    case Kind.Text:
      return "a text";
    case Kind.Bytes:
      return "bytes";
    case Kind.List:
      return "a list";
    default:
      return "a map";
  }
}
