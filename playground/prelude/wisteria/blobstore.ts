// `wasmcloud:blobstore`: objects in containers.

import { hasFailed, noteFailure } from "./failure";
import { callProvider } from "./guest";
import { Value } from "./value";

/** How many bytes are written or read at once. */
const PART = 64 * 1024;

/** Objects in containers; `link` names the link that leads to them. */
export namespace blobstore {
  /** Makes a container, unless it is there. */
  export function createContainer(container: string, link: string = "default"): void {
    call("CreateContainer", Value.of(container), link);
  }

  /** Whether an object exists. */
  export function exists(container: string, object: string, link: string = "default"): bool {
    return call("ObjectExists", named(container, object), link).boolOr(false);
  }

  /** Writes an object of a MIME type, part by part. */
  export function put(
    container: string,
    object: string,
    bytes: Uint8Array,
    contentType: string = "application/octet-stream",
    link: string = "default",
  ): void {
    const first = chunk(container, object, bytes, 0);
    const stream = call("PutObject", Value.map().set("chunk", first).set("contentType", contentType), link);
    for (let at = PART; at < bytes.length && !hasFailed(); at += PART) {
      const next = Value.map().set("chunk", chunk(container, object, bytes, at)).set("cancelAndRemove", false);
      call("PutChunk", next.set("streamId", stream.get("streamId")), link);
    }
  }

  /** All bytes of an object, read part by part. Fails the call where it is not there. */
  export function get(container: string, object: string, link: string = "default"): Uint8Array {
    const size = <i32>call("GetObjectInfo", named(container, object), link).get("contentLength").i32Or(0);
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size && !hasFailed(); ) {
      const part = named(container, object).set("rangeStart", at).set("rangeEnd", min(at + PART, size) - 1);
      const read = call("GetObject", part, link);
      if (hasFailed()) break;
      if (!read.get("success").boolOr(false)) noteFailure(read.get("error").textOr("the object cannot be read"));
      const some = read.get("initialChunk").get("bytes").bytes;
      if (some.length == 0 || some.length > size - at) {
        noteFailure("the object changed while it was read; read it again");
        break;
      }
      bytes.set(some, at);
      at += some.length;
    }
    return bytes;
  }

  /** The names of a container's objects, 1,000 at most, from those that start with `prefix`. */
  export function list(container: string, prefix: string = "", link: string = "default"): string[] {
    const found = call("ListObjects", Value.map().set("containerId", container).set("startWith", prefix), link).get("objects");
    const names = new Array<string>();
    for (let at = 0; at < found.length; at++) names.push(found.at(at).get("objectId").text);
    return names;
  }

  /** Removes an object. */
  export function remove(container: string, object: string, link: string = "default"): void {
    call("RemoveObjects", Value.map().set("containerId", container).set("objects", [object]), link);
  }
}

function named(container: string, object: string): Value {
  return Value.map().set("containerId", container).set("objectId", object);
}

function chunk(container: string, object: string, bytes: Uint8Array, at: i32): Value {
  const end = min(at + PART, bytes.length);
  const part = named(container, object).set("bytes", bytes.slice(at, end));
  return part.set("offset", at).set("isLast", end == bytes.length);
}

function call(operation: string, argument: Value, link: string): Value {
  return callProvider("wasmcloud:blobstore", "Blobstore." + operation, argument, link);
}
