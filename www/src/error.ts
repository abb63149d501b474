// Failures: a stable code for programs, a class for each kind, a sentence that names cause and remedy for people.

/**
 * Why something was not done. Each `code` belongs to one of the classes below, and an error is of its code's class, whoever
 * makes it; codes that this version does not know make a plain `WisteriaError`. docs/errors.md has them all.
 */
export class WisteriaError extends Error {
  /** The class, `TimeoutError`. */
  override readonly name: string;

  constructor(
    /** The kind of failure: `not-linked`, `no-responders`, `timeout`, `overloaded` … It never changes its meaning. */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    const [name, kind] = kinds().find(([, { codes }]) => codes.includes(code)) ?? ["WisteriaError", WisteriaError];
    if (new.target === WisteriaError) Object.setPrototypeOf(this, kind.prototype as object);
    this.name = name;
  }

  /** Any thrown value as one of these. */
  static from(thrown: unknown): WisteriaError {
    if (thrown instanceof WisteriaError) return thrown;
    const { code, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
    return new WisteriaError(typeof code === "string" ? code : "other", String(message ?? thrown), { cause: thrown });
  }
}

/** The time is over; it may have been carried out. */
export class TimeoutError extends WisteriaError {
  static readonly codes: readonly string[] = ["timeout"];
}

/** The caller gave it up by its signal; it may have been carried out. */
export class AbortedError extends WisteriaError {
  static readonly codes: readonly string[] = ["aborted"];
}

/** The caller has no usable link: put one, or put another. */
export class NotLinkedError extends WisteriaError {
  static readonly codes: readonly string[] = ["not-linked", "link-refused"];
}

/** It is not allowed: by the lattice, by a host's policy and trust, or by what the actor's claims say. */
export class NotPermittedError extends WisteriaError {
  static readonly codes: readonly string[] = [
    "not-permitted",
    "policy-denied",
    "not-claimed",
    "unsigned-module",
    "untrusted-issuer",
    "invalid-claims",
    "claims-expired",
    "claims-not-yet-valid",
    "revoked",
  ];
}

/** What is asked for is not there, or runs nowhere: start it, or name another. */
export class NotFoundError extends WisteriaError {
  static readonly codes: readonly string[] = [
    "actor-not-found",
    "provider-not-found",
    "host-not-found",
    "module-not-found",
    "no-responders",
  ];
}

/** Too much at once; nothing was carried out: ask again later, or less often. */
export class OverloadedError extends WisteriaError {
  static readonly codes: readonly string[] = ["overloaded", "call-cycle"];
}

/** More than a limit allows: send or ask for less, or have the limit raised. */
export class LimitError extends WisteriaError {
  static readonly codes: readonly string[] = ["payload-too-large", "module-limit", "limit-refused", "call-too-deep", "out-of-fuel"];
}

/** A connection or a host is gone, or never was: it may have been carried out. */
export class ConnectionError extends WisteriaError {
  static readonly codes: readonly string[] = ["unreachable", "host-lost", "stopped", "not-started", "worker-failed", "no-token"];
}

/** What was asked cannot be meant: a wrong argument, option, key, subject or module. */
export class BadRequestError extends WisteriaError {
  static readonly codes: readonly string[] = ["bad-request", "invalid-module", "bad-reply", "already-initialised", "not-initialised"];
}

/** An actor failed at what it was asked. */
export class ActorError extends WisteriaError {
  static readonly codes: readonly string[] = ["guest-failed", "guest-trapped"];
}

/** A provider, or what it stands on, failed at what it was asked. */
export class ProviderError extends WisteriaError {
  static readonly codes: readonly string[] = ["provider-failed", "provider-unavailable", "store-failed"];
}

/** The browser or system lacks what is needed, or does not let the package have it. */
export class UnsupportedError extends WisteriaError {
  static readonly codes: readonly string[] = ["unsupported", "wasm-invalid", "wasm-unreachable", "wasm-forbidden"];
}

type Kind = typeof WisteriaError & { readonly codes: readonly string[] };

/** The classes by their names, which bundlers may shorten elsewhere. */
function kinds(): [string, Kind][] {
  return Object.entries({
    TimeoutError,
    AbortedError,
    NotLinkedError,
    NotPermittedError,
    NotFoundError,
    OverloadedError,
    LimitError,
    ConnectionError,
    BadRequestError,
    ActorError,
    ProviderError,
    UnsupportedError,
  });
}
