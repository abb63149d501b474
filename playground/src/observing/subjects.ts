// Messages counted by subject.

/** A subject with what was said on it. */
export interface SubjectCount {
  subject: string;
  count: number;
  bytes: number;
  /** Milliseconds since 1970. */
  last: number;
}

/** Subjects that are counted; of more, the one that was silent for the longest time goes. */
export const SUBJECTS = 200;

/** Counts by subject. Inboxes, of which each question has its own, count as one. */
export class Subjects {
  readonly counts = new Map<string, SubjectCount>();

  /** Counts a message. */
  add(subject: string, length: number, now: number): void {
    const name = subject.startsWith("_INBOX.") ? "_INBOX.…" : subject;
    const { count = 0, bytes = 0 } = this.counts.get(name) ?? {};
    this.counts.delete(name);
    this.counts.set(name, { subject: name, count: count + 1, bytes: bytes + length, last: now });
    const [oldest] = this.counts.keys();
    if (this.counts.size > SUBJECTS && oldest !== undefined) this.counts.delete(oldest);
  }
}

/** What was counted, those with the most messages first. */
export function bySubject({ counts }: Subjects): SubjectCount[] {
  return [...counts.values()].sort((one, other) => other.count - one.count || one.subject.localeCompare(other.subject));
}
