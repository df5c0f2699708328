/** A transaction of the database that begins with its first statement and is undone unless it is committed. */

import type { ClientSession, MongoClient } from 'mongodb';

/** Commits are tried so often while they get no answer. */
const COMMITS = 3;

/** One transaction. */
export class PinnedTransaction implements AsyncDisposable {
  readonly #client: MongoClient;
  #session: ClientSession | null = null;

  constructor(client: MongoClient) {
    this.#client = client;
  }

  /** The session, in a transaction. */
  get session(): ClientSession {
    if (!this.#session) {
      this.#session = this.#client.startSession();
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
    // A transaction that is left open would hold its locks until the server's limit.
    if (session.inTransaction()) await session.abortTransaction().catch(() => {});
    await session.endSession().catch(() => {});
  }
}

function hasLabel(error: unknown, label: string): boolean {
  const labelled = error as { hasErrorLabel?: (label: string) => boolean } | null;
  return labelled?.hasErrorLabel?.(label) ?? false;
}
