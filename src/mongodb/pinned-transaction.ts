/** A transaction of the database that begins with its first statement and is undone unless it is committed. */

import type { ClientSession } from 'mongodb';
import { LOOK_MS, type Sessions } from './sessions.ts';

/** Commits are tried so often while they get no answer. */
const COMMITS = 3;

/** One transaction. */
export class PinnedTransaction implements AsyncDisposable {
  readonly #sessions: Sessions;
  #session: ClientSession | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /** The session, in a transaction. */
  get session(): ClientSession {
    if (!this.#session) {
      this.#session = this.#sessions.take();
      // What lasts may wait for one whose process is gone.
      this.#timer = setInterval(() => this.#sessions.look(), LOOK_MS).unref();
      this.#session.startTransaction({
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', journal: true },
        readPreference: 'primary',
      });
    }
    return this.#session;
  }

  /** Commits. When it throws, whether the transaction took place has to be found out by other means. */
  async commit(): Promise<void> {
    for (let left = COMMITS; this.#session; left--) {
      try {
        await this.#session.commitTransaction();
        return;
      } catch (error) {
        if (left === 1 || !hasLabel(error, 'UnknownTransactionCommitResult')) throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const session = this.#session;
    if (!session) return;
    if (this.#timer) clearInterval(this.#timer);
    // A transaction that is left open would hold its locks until the server's limit.
    if (session.inTransaction()) await session.abortTransaction().catch(() => {});
    await this.#sessions.give(session);
  }
}

function hasLabel(error: unknown, label: string): boolean {
  const labelled = error as { hasErrorLabel?: (label: string) => boolean } | null;
  return labelled?.hasErrorLabel?.(label) ?? false;
}
