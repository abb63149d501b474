// Why a call cannot go on. AssemblyScript has no exceptions that could be caught: the first failure is noted, nothing leaves the
// actor after it, and the call ends with it, unless the actor takes it back.

let failure: string | null = null;

/** Ends the call with a reason for the caller, once the handler returns. Only the first reason counts. */
export function noteFailure(reason: string): void {
  if (failure === null) failure = reason;
}

/** Whether the call has failed, so that what it reads means nothing and what it writes goes nowhere. */
export function hasFailed(): bool {
  return failure !== null;
}

/** The reason, which then counts no longer: the call goes on. `null` where nothing has failed. */
export function takeFailure(): string | null {
  const taken = failure;
  failure = null;
  return taken;
}
