// Values as MessagePack, https://github.com/msgpack/msgpack/blob/master/spec.md, as arguments and replies are encoded.

import { noteFailure } from "./failure";
import { Kind, Value } from "./value";

/** A first byte that announces MessagePack. */
const ANNOUNCEMENT: u8 = 0xc1;
/** How deep lists and maps may lie in each other; a call has only so much stack. */
const MOST_DEPTH = 64;

/** Encodes a value. */
export function encode(value: Value): Uint8Array {
  const writer = new Writer();
  write(writer, value);
  return writer.bytes;
}

/** Decodes a value; nothing for no bytes. Fails the call where they are no MessagePack. */
export function decode(bytes: Uint8Array): Value {
  const reader = new Reader(bytes);
  if (bytes.length > 0 && bytes[0] == ANNOUNCEMENT) reader.at = 1;
  return reader.at == bytes.length ? Value.nil() : read(reader, 0);
}

class Writer {
  private buffer: Uint8Array = new Uint8Array(64);
  private length: i32 = 0;

  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  /** A place of so many bytes, to be written to at once. */
  place(size: i32): usize {
    const at = this.length;
    const needed = at + size;
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(max(needed, this.buffer.length * 2));
      memory.copy(larger.dataStart, this.buffer.dataStart, at);
      this.buffer = larger;
    }
    this.length = needed;
    return this.buffer.dataStart + at;
  }

  /** A head byte, and a number behind it, the highest byte first. */
  head<T>(byte: i32, number: T): void {
    const place = this.place(1 + sizeof<T>());
    store<u8>(place, <u8>byte);
    store<T>(place + 1, bswap<T>(number));
  }

  byte(byte: i32): void {
    store<u8>(this.place(1), <u8>byte);
  }

  raw(start: usize, size: i32): void {
    memory.copy(this.place(size), start, size);
  }
}

function write(writer: Writer, value: Value): void {
  switch (value.kind) {
    case Kind.Nil:
      return writer.byte(0xc0);
    case Kind.Bool:
      return writer.byte(value.bool ? 0xc3 : 0xc2);
    case Kind.Int:
      return writeWhole(writer, value.i64);
    case Kind.Float:
      return writer.head<u64>(0xcb, reinterpret<u64>(value.f64));
    case Kind.Text:
      return writeText(writer, value.text);
    case Kind.Bytes: {
      const bytes = value.bytes;
      writeLength(writer, bytes.length, 0, 0, 0xc4);
      return writer.raw(bytes.dataStart, bytes.length);
    }
    case Kind.List: {
      writeLength(writer, value.length, 0x90, 16, 0xdb);
      for (let at = 0; at < value.length; at++) write(writer, value.at(at));
      return;
    }
    case Kind.Map: {
      const names = value.names;
      writeLength(writer, names.length, 0x80, 16, 0xdd);
      for (let at = 0; at < names.length; at++) {
        writeText(writer, names[at]);
        write(writer, value.at(at));
      }
    }
  }
}

function writeText(writer: Writer, text: string): void {
  const bytes = String.UTF8.encode(text);
  writeLength(writer, bytes.byteLength, 0xa0, 32, 0xd9);
  writer.raw(changetype<usize>(bytes), bytes.byteLength);
}

/** A length: within the byte `few` where it is less than `most`; else behind `head` for one byte, `head + 1` for two … */
function writeLength(writer: Writer, length: i32, few: i32, most: i32, head: i32): void {
  if (length < most) writer.byte(few | length);
  // Lists and maps have no length of one byte.
  else if (length < 0x100 && head != 0xdb && head != 0xdd) writer.head<u8>(head, <u8>length);
  else if (length < 0x10000) writer.head<u16>(head + 1, <u16>length);
  else writer.head<u32>(head + 2, <u32>length);
}

function writeWhole(writer: Writer, number: i64): void {
  if (number >= 0) {
    if (number < 0x80) writer.byte(<i32>number);
    else if (number < 0x100) writer.head<u8>(0xcc, <u8>number);
    else if (number < 0x10000) writer.head<u16>(0xcd, <u16>number);
    else if (number < 0x100000000) writer.head<u32>(0xce, <u32>number);
    else writer.head<u64>(0xcf, <u64>number);
  } else if (number >= -32) writer.byte(<i32>number & 0xff);
  else if (number >= i8.MIN_VALUE) writer.head<u8>(0xd0, <u8>number);
  else if (number >= i16.MIN_VALUE) writer.head<u16>(0xd1, <u16>number);
  else if (number >= i32.MIN_VALUE) writer.head<u32>(0xd2, <u32>number);
  else writer.head<u64>(0xd3, <u64>number);
}

class Reader {
  at: i32 = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** Where the next bytes lie; 0 where there are not so many. */
  take(size: i32): usize {
    const at = this.at;
    if (size < 0 || size > this.bytes.length - at) {
      noteFailure("it is not the expected MessagePack: it ends too early");
      this.at = this.bytes.length;
      return 0;
    }
    this.at = at + size;
    return this.bytes.dataStart + at;
  }

  number<T>(): T {
    const place = this.take(sizeof<T>());
    return place == 0 ? <T>0 : bswap<T>(load<T>(place));
  }
}

function read(reader: Reader, depth: i32): Value {
  if (depth > MOST_DEPTH) {
    noteFailure("it lies deeper than " + MOST_DEPTH.toString() + " lists and maps; send it flatter");
    return Value.nil();
  }
  const head: i32 = reader.number<u8>();
  if (head < 0x80) return Value.of(head);
  if (head < 0x90) return readMap(reader, head & 0x0f, depth);
  if (head < 0xa0) return readList(reader, head & 0x0f, depth);
  if (head < 0xc0) return readText(reader, head & 0x1f);
  if (head >= 0xe0) return Value.of(head - 0x100);
  switch (head) {
    case 0xc2:
      return Value.of(false);
    case 0xc3:
      return Value.of(true);
    case 0xc4:
      return readBytes(reader, <i32>reader.number<u8>());
    case 0xc5:
      return readBytes(reader, <i32>reader.number<u16>());
    case 0xc6:
      return readBytes(reader, <i32>reader.number<u32>());
    case 0xca:
      return Value.of(<f64>reinterpret<f32>(reader.number<u32>()));
    case 0xcb:
      return Value.of(reinterpret<f64>(reader.number<u64>()));
    case 0xcc:
      return Value.of(reader.number<u8>());
    case 0xcd:
      return Value.of(reader.number<u16>());
    case 0xce:
      return Value.of(reader.number<u32>());
    case 0xcf: {
      const number = reader.number<u64>();
      return number > <u64>i64.MAX_VALUE ? Value.of(<f64>number) : Value.of(<i64>number);
    }
    case 0xd0:
      return Value.of(<i8>reader.number<u8>());
    case 0xd1:
      return Value.of(<i16>reader.number<u16>());
    case 0xd2:
      return Value.of(<i32>reader.number<u32>());
    case 0xd3:
      return Value.of(<i64>reader.number<u64>());
    case 0xd9:
      return readText(reader, <i32>reader.number<u8>());
    case 0xda:
      return readText(reader, <i32>reader.number<u16>());
    case 0xdb:
      return readText(reader, <i32>reader.number<u32>());
    case 0xdc:
      return readList(reader, <i32>reader.number<u16>(), depth);
    case 0xdd:
      return readList(reader, <i32>reader.number<u32>(), depth);
    case 0xde:
      return readMap(reader, <i32>reader.number<u16>(), depth);
    case 0xdf:
      return readMap(reader, <i32>reader.number<u32>(), depth);
    case 0xc0:
      return Value.nil();
    default:
      noteFailure("it is not the expected MessagePack: 0x" + head.toString(16) + " stands for nothing that is known");
      reader.at = reader.bytes.length;
      return Value.nil();
  }
}

function readText(reader: Reader, size: i32): Value {
  const place = reader.take(size);
  return Value.of(place == 0 ? "" : String.UTF8.decodeUnsafe(place, size));
}

function readBytes(reader: Reader, size: i32): Value {
  const place = reader.take(size);
  const bytes = new Uint8Array(place == 0 ? 0 : size);
  if (place != 0) memory.copy(bytes.dataStart, place, size);
  return Value.of(bytes);
}

/** Each part takes a byte at least: a length that cannot be true ends at the end of the bytes. */
function readList(reader: Reader, length: i32, depth: i32): Value {
  const list = Value.list();
  for (let part = 0; part < length && reader.at < reader.bytes.length; part++) list.push(read(reader, depth + 1));
  if (list.length != length) reader.take(-1);
  return list;
}

function readMap(reader: Reader, length: i32, depth: i32): Value {
  const map = Value.map();
  let part = 0;
  for (; part < length && reader.at < reader.bytes.length; part++) {
    const name = read(reader, depth + 1).text;
    map.set(name, read(reader, depth + 1));
  }
  if (part != length) reader.take(-1);
  return map;
}
