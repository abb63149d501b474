// The library that unpacks Zstandard; the build puts its code here.

export { decompress } from "fzstd";
