// Values as JSON, for bodies of requests and responses.

import { hasFailed, noteFailure } from "./failure";
import { Kind, Value } from "./value";

/** How deep lists and maps may lie in each other; a call has only so much stack. */
const MOST_DEPTH = 64;

/** Writes a value as JSON; bytes as the text that they are. */
export function toJson(value: Value): string {
  switch (value.kind) {
    case Kind.Nil:
      return "null";
    case Kind.Bool:
      return value.bool ? "true" : "false";
    case Kind.Int:
      return value.i64.toString();
    case Kind.Float:
      return isFinite(value.f64) ? value.f64.toString() : "null";
    case Kind.List: {
      const parts = new Array<string>();
      for (let at = 0; at < value.length; at++) parts.push(toJson(value.at(at)));
      return "[" + parts.join(",") + "]";
    }
    case Kind.Map: {
      const names = value.names;
      const parts = new Array<string>();
      for (let at = 0; at < names.length; at++) parts.push(quoted(names[at]) + ":" + toJson(value.at(at)));
      return "{" + parts.join(",") + "}";
    }
    default:
      return quoted(value.text);
  }
}

function quoted(text: string): string {
  let written = '"';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code == 0x22 || code == 0x5c) written += "\\" + text.charAt(at);
    else if (code == 0x0a) written += "\\n";
    else if (code < 0x20) written += "\\u" + code.toString(16).padStart(4, "0");
    else written += text.charAt(at);
  }
  return written + '"';
}

/** Reads JSON. Fails the call where it is none. */
export function parseJson(text: string): Value {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.space();
  if (!hasFailed() && reader.at < text.length) reader.stop();
  return value;
}

class Reader {
  at: i32 = 0;

  constructor(readonly text: string) {}

  value(depth: i32): Value {
    this.space();
    if (depth > MOST_DEPTH) return this.stop();
    const code = this.code;
    if (code == 0x22) return Value.of(this.quoted());
    if (code == 0x7b) return this.map(depth);
    if (code == 0x5b) return this.list(depth);
    if (this.word("true")) return Value.of(true);
    if (this.word("false")) return Value.of(false);
    if (this.word("null")) return Value.nil();
    return this.number();
  }

  space(): void {
    while (this.code == 0x20 || (this.code >= 0x09 && this.code <= 0x0d)) this.at++;
  }

  /** Notes that this is no JSON, and where. */
  stop(): Value {
    noteFailure("it is no JSON from its character " + (this.at + 1).toString() + " on");
    return Value.nil();
  }

  /** The next character; -1 at the end. */
  private get code(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  private takes(code: i32): bool {
    this.space();
    if (this.code != code) return false;
    this.at++;
    return true;
  }

  private word(word: string): bool {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private list(depth: i32): Value {
    const list = Value.list();
    this.at++;
    if (this.takes(0x5d)) return list;
    do list.push(this.value(depth + 1));
    while (!hasFailed() && this.takes(0x2c));
    if (!this.takes(0x5d)) this.stop();
    return list;
  }

  private map(depth: i32): Value {
    const map = Value.map();
    this.at++;
    if (this.takes(0x7d)) return map;
    do {
      this.space();
      const name = this.quoted();
      if (!this.takes(0x3a)) this.stop();
      map.set(name, this.value(depth + 1));
    } while (!hasFailed() && this.takes(0x2c));
    if (!this.takes(0x7d)) this.stop();
    return map;
  }

  private quoted(): string {
    if (this.code != 0x22) {
      this.stop();
      return "";
    }
    let read = "";
    for (this.at++; this.code != 0x22; this.at++) {
      if (this.code < 0x20) {
        this.stop();
        return "";
      }
      read += this.code == 0x5c ? this.escaped() : this.text.charAt(this.at);
    }
    this.at++;
    return read;
  }

  private escaped(): string {
    this.at++;
    switch (this.code) {
      case 0x62:
        return "\b";
      case 0x66:
        return "\f";
      case 0x6e:
        return "\n";
      case 0x72:
        return "\r";
      case 0x74:
        return "\t";
      case 0x75: {
        const code = <i32>parseInt(this.text.substr(this.at + 1, 4), 16);
        this.at += 4;
        return String.fromCharCode(code);
      }
      default:
        return this.text.charAt(this.at);
    }
  }

  private number(): Value {
    const start = this.at;
    let isWhole = true;
    for (; ; this.at++) {
      const code = this.code;
      if (code == 0x2e || code == 0x65 || code == 0x45) isWhole = false;
      else if (code != 0x2b && code != 0x2d && (code < 0x30 || code > 0x39)) break;
    }
    if (start == this.at) return this.stop();
    const digits = this.text.substring(start, this.at);
    // More digits than a whole number of 64 bits surely has room for.
    if (isWhole && digits.length <= 18) return Value.of(I64.parseInt(digits));
    const number = parseFloat(digits);
    return isNaN(number) ? this.stop() : Value.of(number);
  }
}
