// Failures: a stable code for programs, a sentence that names cause and remedy for people.

/** Why the host did not do what it was asked. `code` is one of the lattice's, or `worker-failed`, `aborted`, `bad-reply`. */
export class WisteriaError extends Error {
  override readonly name = "WisteriaError";

  constructor(
    /** The kind of failure: `not-linked`, `no-responders`, `timeout`, `overloaded` … */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Any thrown value as one of these. */
  static from(thrown: unknown): WisteriaError {
    if (thrown instanceof WisteriaError) return thrown;
    const { code, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
    return new WisteriaError(typeof code === "string" ? code : "other", String(message ?? thrown), { cause: thrown });
  }
}
