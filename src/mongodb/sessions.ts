/**
 * The sessions of a process's transactions, known to all other processes: when it was killed in the middle of one, the
 * locks of that go with its sessions, and nobody has to wait until the server gives them up.
 */

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientSession, Collection, MongoClient } from 'mongodb';
import type { KeyedDocument } from './collections.ts';

/** How long a transaction takes before others are looked at, and how often from then on, in milliseconds. */
export const LOOK_MS = 3000;
/** A process that is silent for so long while somebody waits has no transaction that lasts, in milliseconds. */
const SILENT_MS = 2 * LOOK_MS;
/** What was seen so long ago says nothing, in milliseconds. */
const FORGET_MS = 4 * LOOK_MS;
/** Sessions told of at once: more transactions at a time than most processes have. */
const BATCH = 32;

/** How long to wait for answers that do not matter, in milliseconds. */
const LEAVE_MS = 1000;

const PREFIX = 'process.';

/** A process that has the store open. */
interface ProcessDocument extends KeyedDocument {
  /** Ids of its sessions. */
  readonly sessions: readonly SessionId[];
  /** Rises while it has a transaction that lasts. */
  readonly beat: number;
}

type SessionId = NonNullable<ClientSession['id']>['id'];

/** Lends sessions. */
export class Sessions {
  readonly #client: MongoClient;
  readonly #meta: Collection<KeyedDocument>;
  /** The key under which this process's sessions are known. */
  readonly name: string = `${PREFIX}${randomUUID()}`;
  readonly #all = new Set<ClientSession>();
  readonly #free: ClientSession[] = [];
  readonly #seen = new Map<string, { readonly beat: number; readonly at: number }>();
  #growing: Promise<void> | null = null;
  #looking: Promise<void> | null = null;
  #looked = 0;
  #closed = false;

  constructor(client: MongoClient, meta: Collection<KeyedDocument>) {
    this.#client = client;
    this.#meta = meta;
  }

  /** Tells of the first sessions; to be awaited before anything is written. */
  open(): Promise<void> {
    return this.#grow();
  }

  /** A session that nobody uses. */
  take(): ClientSession {
    const session = this.#free.pop();
    if (session) return session;
    // Until more of them are known, one that is not: the server's own limit then has to do.
    if (!this.#closed) this.#growing ??= this.#grow().finally(() => (this.#growing = null));
    this.#growing?.catch(() => {});
    return this.#client.startSession(OPTIONS);
  }

  /** Takes it back. */
  async give(session: ClientSession): Promise<void> {
    if (this.#all.has(session) && !session.hasEnded && !this.#closed) this.#free.push(session);
    else await session.endSession().catch(() => {});
  }

  /** Called now and then while a transaction lasts: says that this process lives, and ends what dead ones have left. */
  look(): void {
    const now = performance.now();
    if (this.#closed || this.#looking || now - this.#looked < LOOK_MS / 2) return;
    if (now - this.#looked > FORGET_MS) this.#seen.clear();
    this.#looked = now;
    // Who waits learns by the outcome.
    this.#looking = this.#look(now)
      .catch(() => {})
      .finally(() => {
        this.#looking = null;
      });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#growing?.catch(() => {});
    await this.#looking;
    for (const session of this.#all) await session.endSession().catch(() => {});
    // A database that is away must not hold up the end.
    const forgotten = this.#meta.deleteOne({ _id: this.name }).catch(() => {});
    await Promise.race([forgotten, delay(LEAVE_MS, null, { ref: false })]);
  }

  async #grow(): Promise<void> {
    const sessions = Array.from({ length: BATCH }, () => this.#client.startSession(OPTIONS));
    await this.#tell(sessions);
    for (const session of sessions) this.#all.add(session);
    this.#free.push(...sessions);
  }

  async #tell(sessions: readonly ClientSession[]): Promise<void> {
    const $each = sessions.map(({ id }) => id?.id);
    const update = { $push: { sessions: { $each } }, $setOnInsert: { beat: 0 } } as object;
    await this.#meta.updateOne({ _id: this.name }, update, { upsert: true });
  }

  async #look(now: number): Promise<void> {
    const { matchedCount } = await this.#meta.updateOne({ _id: this.name }, { $inc: { beat: 1 } });
    // Somebody took this process for dead.
    if (matchedCount === 0) await this.#tell([...this.#all]);
    const others = await this.#meta.find({ _id: { $gte: PREFIX, $lt: `${PREFIX}~`, $ne: this.name } }).toArray();
    for (const { _id, beat, sessions } of others as ProcessDocument[]) {
      const seen = this.#seen.get(_id);
      if (seen?.beat !== beat) this.#seen.set(_id, { beat, at: now });
      else if (now - seen.at >= SILENT_MS) {
        // One that waits for a lock itself may answer only when it has it; this process has to be heard meanwhile.
        const hasEnded = await Promise.race([this.#end(sessions), delay(LEAVE_MS, false, { ref: false })]);
        if (!hasEnded) continue;
        await this.#meta.deleteOne({ _id, beat });
        this.#seen.delete(_id);
      }
    }
  }

  /** Whoever is alive after all, and had a transaction that was shorter than it took to get here, tries it again. */
  async #end(sessions: readonly SessionId[]): Promise<true> {
    const admin = this.#client.db('admin');
    await admin.command({ killSessions: sessions.map((id) => ({ id })) }).catch(() => {});
    // Servers that have no killSessions of their own abort what a session asks to be aborted.
    await Promise.all(sessions.map((id) => this.#abort(id)));
    return true;
  }

  async #abort(id: SessionId): Promise<void> {
    const session = this.#client.startSession(OPTIONS);
    const own = session.serverSession;
    own.id = { id };
    // It must not be used for anything else.
    own.isDirty = true;
    const abort = { abortTransaction: 1, txnNumber: 0n, autocommit: false };
    await this.#client
      .db('admin')
      .command(abort, { session })
      .catch(() => {});
    await session.endSession().catch(() => {});
  }
}

/** A transaction's reads are of its snapshot, whatever the session has seen before. */
const OPTIONS = { causalConsistency: false } as const;
