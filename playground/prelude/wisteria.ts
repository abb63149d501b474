// What actors written in AssemblyScript import: `import { register, Value, keyvalue } from "wisteria"`.

export { callActor, callProvider, fail, hasFailed, register, takeFailure } from "./wisteria/guest";
export { Kind, Value } from "./wisteria/value";
export { parseJson, toJson } from "./wisteria/json";
export { http, HttpRequest, HttpResponse } from "./wisteria/http";
export { keyvalue } from "./wisteria/keyvalue";
export { messaging, Message } from "./wisteria/messaging";
export { blobstore } from "./wisteria/blobstore";
export { log } from "./wisteria/logging";
export { random } from "./wisteria/random";
