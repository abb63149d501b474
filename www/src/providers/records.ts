// Records in a file, each with its length and checksum, so that one whose writing was cut short is told from the others.

/** Bytes before each record: its length and its CRC-32, little endian. */
const HEAD = 8;

/** What a file holds: its whole records, and the bytes that they take. What comes after is a record that was cut short. */
export interface Records {
  records: Uint8Array[];
  end: number;
}

/** A record as it stands in a file. */
export function framed(record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD + record.length);
  const head = new DataView(bytes.buffer);
  head.setUint32(0, record.length, true);
  head.setUint32(4, crc32(record), true);
  bytes.set(record, HEAD);
  return bytes;
}

/** Reads a file. Throws where something is wrong that is not the end of what was written last. */
export function readRecords(file: Uint8Array): Records {
  const head = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  let end = 0;
  while (file.length - end >= HEAD) {
    const next = end + HEAD + head.getUint32(end, true);
    const record = file.subarray(end + HEAD, next);
    const isWhole = record.length > 0 && next <= file.length && head.getUint32(end + 4, true) === crc32(record);
    if (!isWhole) {
      // What was written last ends the file, or has not come to be anything but room.
      const isLast = next >= file.length || file.subarray(end).every((byte) => byte === 0);
      if (!isLast) throw new Error(`it is damaged at byte ${end} of ${file.length}`);
      break;
    }
    records.push(record);
    end = next;
  }
  return { records, end };
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = (rest >>> 8) ^ (TABLE[(rest ^ byte) & 0xff] ?? 0);
  return ~rest >>> 0;
}
