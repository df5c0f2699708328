/** One account in this process: its state as last seen, its writers in turn, and what happens when others are faster. */

import { setTimeout as delay } from 'node:timers/promises';
import type { ClientSession } from 'mongodb';
import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import { Mutex } from '../engine/mutex.ts';
import { EiderError, isEiderError } from '../errors.ts';
import type { AccountId, ModSeq } from '../model/ids.ts';
import type { Collections } from './collections.ts';
import type { ChangeDocument, StateDocument } from './documents.ts';
import { changeKey, stateKey } from './keys.ts';
import { MailReader, StaleState } from './mail-reader.ts';
import type { MailSearch } from './mail-search.ts';
import { isConflict, isUnavailable, toEiderError } from './mongo-error.ts';
import { PinnedTransaction } from './pinned-transaction.ts';
import { MongoReadTransaction } from './read-transaction.ts';
import { LOOK_MS, type Sessions } from './sessions.ts';
import { MongoWriteTransaction, newWriterName } from './write-transaction.ts';

/** How long to try while others write to the account, in milliseconds. */
const BUSY_MS = 30_000;
/** How long to try while the database cannot be reached, in milliseconds. */
const AWAY_MS = 10_000;
/** After so many reads that others overtook, the next one is a transaction. */
const LOOSE_READS = 4;
/** After so many writes that others overtook, the next one takes the account first. */
const EAGER_WRITES = 1;

/** What an account works with. */
export interface MongoAccountParts {
  readonly sessions: Sessions;
  readonly collections: Collections;
  readonly search: MailSearch;
  /** Called after each commit of this process. */
  readonly committed: (account: AccountId, modSeq: ModSeq) => void;
}

/** A commit that got no answer. */
interface Doubt<T> {
  readonly base: StateDocument;
  readonly value: T;
  readonly after: StateDocument;
}

/** How an operation has fared so far. */
interface Try {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly round: number;
  readonly inDoubt: boolean;
}

/** An account as this process works on it. */
export class MongoAccount {
  readonly id: AccountId;
  readonly #parts: MongoAccountParts;
  readonly #mutex = new Mutex();
  #state: StateDocument | null = null;
  #running = 0;

  constructor(id: AccountId, parts: MongoAccountParts) {
    this.id = id;
    this.#parts = parts;
  }

  /** Whether nothing runs, so that it can be forgotten. */
  get idle(): boolean {
    return this.#running === 0;
  }

  /** The account stands at a position; what is known of an earlier one is forgotten. */
  heard(modSeq: ModSeq): void {
    if (this.#state && this.#state.modSeq < modSeq) this.#state = null;
  }

  /** Runs a reading transaction. */
  async read<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#counted(async () => {
      const start = Date.now();
      for (let round = 0; ; round++) {
        try {
          return await (round < LOOSE_READS ? this.#readOnce(work) : this.#readPinned(work));
        } catch (error) {
          this.#state = null;
          await this.#mayTryAgain(error, { start, round, inDoubt: false });
        }
      }
    });
  }

  /** Runs a writing transaction. */
  async write<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    return this.#counted(() => this.#mutex.run(() => this.#writeInTurn(work)));
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
    }
  }

  async #readOnce<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    const known = this.#state;
    const reader = new MailReader(this.#parts.collections, known ?? (await this.#load()), null);
    // What was read a moment ago needs no second look, unless documents were read meanwhile.
    reader.confirmed = known === null;
    return this.#confirmed(reader, () => work(new MongoReadTransaction(reader, this.#parts.search)));
  }

  async #readPinned<T>(work: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    await using pinned = new PinnedTransaction(this.#parts.sessions);
    const base = await this.#load(pinned.session);
    const reader = new MailReader(this.#parts.collections, base, () => pinned.session);
    // Awaited here, or the transaction would end before its first statement.
    return await work(new MongoReadTransaction(reader, this.#parts.search));
  }

  /** The outcome of `work`, be it an error, counts only when the account was what it was thought to be. */
  async #confirmed<T>(reader: MailReader, work: () => Promise<T>): Promise<T> {
    let value: T;
    try {
      value = await work();
    } catch (error) {
      if (!(error instanceof StaleState) && isEiderError(error)) await reader.confirm();
      throw error;
    }
    await reader.confirm();
    return value;
  }

  async #writeInTurn<T>(work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const name = newWriterName();
    const start = Date.now();
    const doubts: Doubt<T>[] = [];
    for (let round = 0; ; round++) {
      try {
        const done = await this.#settle(doubts, name);
        if (done) return this.#committed(done.after, done.value);
        return await this.#writeOnce(work, { name, eager: round > EAGER_WRITES, doubts });
      } catch (error) {
        this.#state = null;
        await this.#mayTryAgain(error, { start, round, inDoubt: doubts.length > 0 });
      }
    }
  }

  /** Resolves when there may be another try. @throws what the caller is to be told. */
  async #mayTryAgain(error: unknown, { start, round, inDoubt }: Try): Promise<void> {
    const conflict = error instanceof StaleState || isConflict(error);
    const away = isUnavailable(error) || (inDoubt && !conflict);
    if (!conflict && !away) throw toEiderError(error);
    const left = start + (conflict ? BUSY_MS : AWAY_MS) - Date.now();
    if (left < 0) {
      throw conflict
        ? new EiderError('BUSY', 'others write to the account all the time', { cause: error })
        : toEiderError(error);
    }
    if (conflict && Date.now() - start > LOOK_MS) this.#parts.sessions.look();
    // At random, so that those who met once do not meet again.
    if (round > 0 || away) await delay(Math.random() * Math.min(2 ** round, away ? 500 : 64));
  }

  async #writeOnce<T>(
    work: (tx: WriteTransaction) => Promise<T>,
    { name, eager, doubts }: { name: string; eager: boolean; doubts: Doubt<T>[] },
  ): Promise<T> {
    await using pinned = new PinnedTransaction(this.#parts.sessions);
    const base = eager ? await this.#take(pinned.session) : (this.#state ?? (await this.#load()));
    const reader = new MailReader(this.#parts.collections, base, () => pinned.session);
    const tx = new MongoWriteTransaction(reader, this.#parts.search, () => pinned.session, name);
    const value = await this.#confirmedWrite(reader, tx, () => work(tx));
    if (!tx.changed) return value;
    const after = await tx.finish();
    try {
      await pinned.commit();
    } catch (error) {
      doubts.push({ base, value, after });
      throw error;
    }
    return this.#committed(after, value);
  }

  /** A refusal, or a finding that nothing is to be done, may rest on a state that is no longer. */
  async #confirmedWrite<T>(reader: MailReader, tx: MongoWriteTransaction, work: () => Promise<T>): Promise<T> {
    let value: T;
    try {
      value = await work();
    } catch (error) {
      if (!(error instanceof StaleState) && !isConflict(error) && !isUnavailable(error)) {
        await new MailReader(this.#parts.collections, reader.base, null).confirm();
      }
      throw error;
    }
    if (!tx.changed) await reader.confirm();
    return value;
  }

  #committed<T>(after: StateDocument, value: T): T {
    this.#state = after;
    this.#parts.committed(this.id, after.modSeq);
    return value;
  }

  /**
   * Finds out whether one of the commits without an answer took place. Two cannot have, as each begins from the state
   * that it found.
   */
  async #settle<T>(doubts: readonly Doubt<T>[], name: string): Promise<Doubt<T> | null> {
    if (doubts.length === 0) return null;
    const state = await this.#load();
    for (const doubt of doubts) {
      if (state.modSeq < doubt.after.modSeq) continue;
      if (state.modSeq === doubt.after.modSeq && state.writer === name) return doubt;
      const _id = changeKey(this.id, doubt.after.modSeq);
      const change = await this.#parts.collections.mail.findOne({ _id, account: this.id });
      if ((change as ChangeDocument | null)?.writer === name) return { ...doubt, after: state };
    }
    return null;
  }

  /** The account's state as it is now. @throws `ACCOUNT_NOT_FOUND`. */
  async #load(session?: ClientSession): Promise<StateDocument> {
    const filter = { _id: stateKey(this.id), account: this.id };
    const options = session ? { session } : { readConcern: { level: 'majority' as const } };
    return this.#noted(await this.#parts.collections.mail.findOne(filter, options));
  }

  /** The same, and nobody else can write until the transaction ends. */
  async #take(session: ClientSession): Promise<StateDocument> {
    const filter = { _id: stateKey(this.id), account: this.id };
    const turn = { $set: { turn: newWriterName() } };
    const { mail } = this.#parts.collections;
    return this.#noted(await mail.findOneAndUpdate(filter, turn, { session, returnDocument: 'after' }));
  }

  #noted(found: unknown): StateDocument {
    if (!found) {
      this.#state = null;
      throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    }
    const state = found as StateDocument;
    // Somebody else's answer may have come first and be newer.
    if (!this.#state || this.#state.modSeq <= state.modSeq) this.#state = state;
    return state;
  }
}
