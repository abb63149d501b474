// MessagePack. The build puts the library's code into this file, so that the package runs where nobody resolves names: in
// workers of pages without a bundler, to which import maps do not apply.

export { decode, encode } from "@msgpack/msgpack";
