// The same host with an interpreter, for browsers whose WebAssembly cannot suspend; built into `dist/host-wasmi/`.

export { default, TabHost, accountKey, claimsToSign, embedSignature, keyOfSeed, signBySeed } from "../host/host.js";
