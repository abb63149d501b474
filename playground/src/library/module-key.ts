// The key by which hosts know an unsigned module: the SHA-256 of its file, written as an nkey of kind M.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** What public keys of modules begin with, before they are written in base32. */
const MODULE = 12 << 3;

/** The key of a module without claims; `undefined` where the page may not hash, as without TLS. */
export async function keyOfUnsigned(module: Uint8Array): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", module as Uint8Array<ArrayBuffer>));
  const body = Uint8Array.from([MODULE, ...digest]);
  const sum = checksum(body);
  return base32([...body, sum & 0xff, sum >> 8]);
}

/** CRC-16 as XMODEM has it. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? ((sum << 1) ^ 0x1021) & 0xffff : (sum << 1) & 0xffff;
  }
  return sum;
}

/** Base32 of RFC 4648 without padding; the bytes of a key fill it. */
function base32(bytes: number[]): string {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[parseInt(five.padEnd(5, "0"), 2)]).join("");
}
