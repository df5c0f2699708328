/** Writes what this process changes into the log of events, and what others changed who died before they could. */

import type { Engine } from '../../engine/engine.ts';
import { isEiderError } from '../../errors.ts';
import type { AccountId, ModSeq } from '../../model/ids.ts';
import { Wake } from '../wake.ts';
import { type AccountNews, readAccountNews } from './account-news.ts';
import type { EventFollowing } from './event-following.ts';
import { EVENT_LOG_MS, type EventLog, type LoggedEvent, MAX_ENTRY_OCTETS, type ToldUpTo } from './event-log.ts';
import type { MarkedAccounts } from './marked-accounts.ts';
import type { ToldPositions } from './told-positions.ts';

/** What it works with. */
export interface PublisherParts {
  readonly engine: Engine;
  readonly log: EventLog;
  readonly following: EventFollowing;
  readonly marked: MarkedAccounts;
  readonly told: ToldPositions;
}

/** Events that are put into one entry at most; what they take is bounded besides. */
const MAX_EVENTS = 250;
/** What an entry takes to say how far an account is told. */
const ACCOUNT_OCTETS = 128;
/** Accounts that are remembered while nobody is known to follow; each was changed within the last seconds. */
const MAX_REMEMBERED = 10_000;
/** Until a log that could not be written is tried again, in milliseconds. */
const RETRY_MS = 1_000;

/** What an entry has left. */
interface Room {
  readonly events: number;
  readonly octets: number;
}

/** One for each store that is open. */
export class EventPublisher {
  /** Rings when this process has written an entry. */
  readonly written: Wake = new Wake();
  readonly #parts: PublisherParts;
  /** Accounts that have changed, with the first change that is not told for sure. */
  readonly #changed = new Map<AccountId, ModSeq>();
  #running: Promise<void> | null = null;
  #retry: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** To be called before a transaction: should this process die after it, others know where to look. */
  async before(account: AccountId): Promise<void> {
    const { following, marked, engine, told } = this.#parts;
    if ((await following.begun()) === null) return;
    await marked.mark(account, async () => {
      const { modSeq } = await engine.read(account, (tx) => tx.state());
      await told.begin(account, modSeq);
    });
  }

  /** To be called after a transaction. */
  changed(account: AccountId, modSeq: ModSeq): void {
    if (this.#closed) return;
    if (!this.#changed.has(account)) {
      if (this.#changed.size >= MAX_REMEMBERED) {
        const [oldest] = this.#changed.keys();
        this.#changed.delete(oldest as AccountId);
      }
      this.#changed.set(account, modSeq);
    }
    this.#start();
  }

  /** Looks at accounts that others may have changed and not told of, and resolves when all is written. */
  async sweep(): Promise<void> {
    const { marked } = this.#parts;
    const ended = await marked.toSweep(async (account) => {
      if (!this.#changed.has(account)) this.#changed.set(account, 1);
    });
    await this.settle();
    await ended();
  }

  /** Resolves when what has happened in this process is written. @throws what the engine throws. */
  async settle(): Promise<void> {
    while (!this.#closed && (this.#running || this.#changed.size > 0)) {
      if ((await this.#parts.following.begun()) === null) return;
      this.#running ??= this.#run();
      await this.#running;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#retry) clearTimeout(this.#retry);
    await this.#running?.catch(() => {});
    await this.#parts.told.save().catch(() => {});
  }

  #start(): void {
    if (this.#running || this.#closed || this.#retry) return;
    this.#running = this.#run();
    this.#running.catch(() => {
      // What could not be written stays to be written.
      this.#retry = setTimeout(() => {
        this.#retry = null;
        this.#start();
      }, RETRY_MS).unref();
    });
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closed && this.#changed.size > 0) {
        const begun = await this.#parts.following.begun();
        if (begun === null) return;
        await this.#writeEntry(begun);
      }
    } finally {
      this.#running = null;
    }
  }

  async #writeEntry(begun: number): Promise<void> {
    const { log, told } = this.#parts;
    await told.catchUp();
    const events: LoggedEvent[] = [];
    const upTo = new Map<AccountId, ToldUpTo>();
    const read = new Map<AccountId, ModSeq>();
    let octets = 0;
    for (const [account, modSeq] of [...this.#changed]) {
      if (events.length >= MAX_EVENTS || octets >= MAX_ENTRY_OCTETS / 2) break;
      const room = { events: MAX_EVENTS - events.length, octets: MAX_ENTRY_OCTETS - octets };
      // Whoever changes it from now on puts it there again.
      this.#changed.delete(account);
      read.set(account, modSeq);
      const news = await this.#newsOf(account, modSeq, begun, room).catch((error: unknown) => {
        this.#again(read);
        throw error;
      });
      if (!news) continue;
      events.push(...news.events);
      octets += Buffer.byteLength(JSON.stringify(news.events)) + ACCOUNT_OCTETS;
      if (news.events.length > 0 || news.more) upTo.set(account, news.told);
      if (news.more && !this.#changed.has(account)) this.#changed.set(account, modSeq);
    }
    if (events.length === 0 && upTo.size === 0) return;
    const entry = { number: told.end + 1, events, told: upTo };
    const isOurs = await log.append(entry).catch((error: unknown) => {
      this.#again(read);
      throw error;
    });
    // Another was first, and may have told the same.
    if (!isOurs) return this.#again(read);
    told.note(entry);
    this.written.ring();
  }

  #again(read: ReadonlyMap<AccountId, ModSeq>): void {
    for (const [account, modSeq] of read) this.#changed.set(account, modSeq);
  }

  async #newsOf(account: AccountId, first: ModSeq, begun: number, room: Room): Promise<AccountNews | null> {
    const { engine, told, marked } = this.#parts;
    const from = (await told.of(account)) ?? { modSeq: Math.max(0, first - 1), steps: 0 };
    const oldest = Date.now() - EVENT_LOG_MS;
    try {
      for (let limit = room.events; ; limit = Math.floor(limit / 2)) {
        const bounds = { begun, oldest, limit: Math.max(1, limit) };
        const news = await engine.read(account, (tx) => readAccountNews(tx, account, from, bounds));
        if (Buffer.byteLength(JSON.stringify(news.events)) <= room.octets) return news;
        if (limit <= 1) return { ...news, events: news.events.map(withoutFlags) };
      }
    } catch (error) {
      if (!isEiderError(error, 'ACCOUNT_NOT_FOUND')) throw error;
      await told.forget(account);
      await marked.forget(account);
      return null;
    }
  }
}

/** One message may have more keywords than there is room for: they can be read where it is. */
function withoutFlags(event: LoggedEvent): LoggedEvent {
  const { flags: _flags, ...rest } = event as LoggedEvent & { readonly flags?: readonly string[] };
  return rest as LoggedEvent;
}
