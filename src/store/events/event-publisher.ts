/** Writes what this process changes into the log of events, and what others changed who died before they could. */

import type { Engine } from '../../engine/engine.ts';
import { isEiderError } from '../../errors.ts';
import type { AccountId, ModSeq } from '../../model/ids.ts';
import { Wake } from '../wake.ts';
import { type AccountNews, readAccountNews } from './account-news.ts';
import type { EventFollowing } from './event-following.ts';
import { EVENT_LOG_MS, type EventLog, type LoggedEvent, MAX_ENTRY_OCTETS, type ToldUpTo } from './event-log.ts';
import type { MarkedAccounts } from './marked-accounts.ts';
import { octetsOf, PendingEvents } from './pending-events.ts';
import type { Told } from './telling.ts';
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
/** While nobody is known to follow, accounts are remembered for so long, in milliseconds: until that may be heard. */
const REMEMBER_MS = 5_000;
/** And so many of them. */
const MAX_REMEMBERED = 10_000;
/** While events wait for somebody to follow, that is asked again so often, in milliseconds. */
const ASK_MS = 1_000;
/** How far the clocks of machines may differ, in milliseconds. */
const CLOCKS_MS = 300_000;
/** Until a log that could not be written is tried again, in milliseconds. */
const RETRY_MS = 1_000;
/** The same for an account that could not be read. */
const UNREADABLE_MS = 5_000;
/** How far all is told is written down so long after the last entry, in milliseconds. */
const SAVE_MS = 60_000;

/** What an entry has left. */
interface Room {
  readonly events: number;
  readonly octets: number;
}

/** An account of which something is to be told. */
interface Changed {
  /** The first change that is not told for sure. */
  readonly modSeq: ModSeq;
  /** Milliseconds of the process. */
  readonly at: number;
}

/** One for each store that is open. */
export class EventPublisher {
  /** Rings when this process has written an entry. */
  readonly written: Wake = new Wake();
  readonly #parts: PublisherParts;
  /** In the order in which they changed. */
  readonly #changed = new Map<AccountId, Changed>();
  readonly #pending = new PendingEvents(MAX_REMEMBERED);
  /** Those of the entry that is being written. */
  readonly #inFlight = new Map<AccountId, Changed>();
  /** Those that could not be read. The others do not wait for them. */
  readonly #unreadable = new Map<AccountId, Changed>();
  /** Rings after each entry, or when none could be written. */
  readonly #rounds = new Wake();
  readonly #timers = new Map<'retry' | 'unreadable' | 'save' | 'ask', NodeJS.Timeout>();
  #running: Promise<void> | null = null;
  #saving = false;
  #failures = 0;
  #failure: unknown;
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
      const [oldest] = this.#changed.keys();
      if (oldest !== undefined && this.#changed.size >= MAX_REMEMBERED) this.#changed.delete(oldest);
      this.#changed.set(account, { modSeq, at: performance.now() });
    }
    this.#start();
  }

  /** Tells of something that was done, unless nobody follows. */
  tell(event: Told): void {
    if (this.#closed) return;
    this.#pending.add(event);
    this.#start();
  }

  /** Looks at accounts that others may have changed and not told of, and resolves when all is written. */
  async sweep(): Promise<void> {
    const ended = await this.#parts.marked.toSweep(async (account) => {
      if (!this.#changed.has(account)) this.#changed.set(account, { modSeq: 1, at: performance.now() });
    });
    await this.settle();
    // What could not be read is to be looked at again, by whomever.
    if (this.#unreadable.size === 0) await ended();
  }

  /** Resolves when what has happened in this process until now is written, but for what cannot be read. @throws what the engine throws. */
  async settle(): Promise<void> {
    const all = (): object[] => [...this.#changed.values(), ...this.#inFlight.values(), ...this.#pending.all()];
    const waiting = new Set(all());
    const failures = this.#failures;
    while (!this.#closed && all().some((one) => waiting.has(one))) {
      const round = this.#rounds.next();
      if ((await this.#parts.following.begun()) === null) return;
      this.#start();
      await round;
      if (this.#failures !== failures) throw this.#failure;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#rounds.ring();
    await this.#running?.catch(() => {});
    await this.#parts.told.save().catch(() => {});
  }

  get #hasWork(): boolean {
    return this.#changed.size > 0 || this.#pending.size > 0 || this.#saving;
  }

  #start(): void {
    // With nothing to do a run would be over before it is known to be running, and none would begin any more.
    if (!this.#hasWork || this.#running || this.#closed || this.#timers.has('retry')) return;
    this.#running = this.#run()
      .catch((error: unknown) => {
        // What could not be written stays to be written.
        this.#running = null;
        this.#failures++;
        this.#failure = error;
        this.#later('retry', RETRY_MS, () => {});
      })
      .finally(() => this.#rounds.ring());
  }

  /** Does something and goes on, once, however often it is said. */
  #later(what: 'retry' | 'unreadable' | 'save' | 'ask', ms: number, work: () => void): void {
    if (this.#timers.has(what) || this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(what);
      work();
      this.#start();
    }, ms);
    this.#timers.set(what, timer.unref());
  }

  async #run(): Promise<void> {
    const { following, told } = this.#parts;
    while (!this.#closed && this.#hasWork) {
      if (this.#saving) {
        this.#saving = false;
        await told.save();
        continue;
      }
      const begun = await following.begun();
      if (begun === null) {
        this.#forgetOld();
        if (this.#pending.size > 0) this.#later('ask', ASK_MS, () => {});
        break;
      }
      await this.#writeEntry(begun);
      this.#rounds.ring();
    }
    // At once: what comes from now on begins anew.
    this.#running = null;
  }

  /** Who begins to follow now asks for nothing of before. */
  #forgetOld(): void {
    const oldest = performance.now() - REMEMBER_MS;
    this.#pending.forgetBefore(oldest);
    for (const [account, { at }] of this.#changed) {
      if (at >= oldest) return;
      this.#changed.delete(account);
    }
  }

  async #writeEntry(begun: number): Promise<void> {
    const { log, told } = this.#parts;
    await told.catchUp();
    if (await this.#pending.makeSure(log, told.end)) this.written.ring();
    // They leave half an entry for accounts.
    const attempt = this.#pending.next({ events: MAX_EVENTS / 2, octets: MAX_ENTRY_OCTETS / 2 });
    const events: LoggedEvent[] = attempt.pending.map(({ event }) => event);
    const upTo = new Map<AccountId, ToldUpTo>();
    let octets = octetsOf(events);
    try {
      for (const [account, changed] of [...this.#changed]) {
        if (events.length >= MAX_EVENTS || octets >= MAX_ENTRY_OCTETS / 2) break;
        const room = { events: MAX_EVENTS - events.length, octets: MAX_ENTRY_OCTETS - octets };
        // Whoever changes it from now on puts it there again.
        this.#changed.delete(account);
        this.#inFlight.set(account, changed);
        const news = await this.#newsOf(account, changed, begun, room);
        if (!news) {
          this.#inFlight.delete(account);
          continue;
        }
        events.push(...news.events);
        octets += octetsOf(news.events) + ACCOUNT_OCTETS;
        if (news.events.length > 0 || news.more) upTo.set(account, news.told);
        if (news.more) this.#changed.set(account, changed);
      }
      if (upTo.size > 0 || events.length > 0) {
        const named = attempt.pending.length > 0 && { attempt: attempt.id };
        const entry = { number: told.end + 1, events, told: upTo, ...named };
        this.#pending.trying(entry.number, attempt);
        // Another may be first, and have told the same.
        if (!(await log.append(entry))) return;
        this.#pending.written(attempt);
        told.note(entry);
        this.written.ring();
        this.#later('save', SAVE_MS, () => {
          this.#saving = true;
        });
      }
      this.#inFlight.clear();
    } finally {
      // Of what was not written.
      for (const [account, changed] of this.#inFlight) this.#changed.set(account, changed);
      this.#inFlight.clear();
    }
  }

  /** `null` when there is nothing to tell now. */
  async #newsOf(account: AccountId, changed: Changed, begun: number, room: Room): Promise<AccountNews | null> {
    const { engine, told, marked } = this.#parts;
    const from = (await told.of(account)) ?? { modSeq: Math.max(0, changed.modSeq - 1), steps: 0 };
    const oldest = Date.now() - EVENT_LOG_MS;
    try {
      for (let limit = room.events; ; limit = Math.floor(limit / 2)) {
        const bounds = { begun: begun - CLOCKS_MS, oldest, limit: Math.max(1, limit) };
        const news = await engine.read(account, (tx) => readAccountNews(tx, account, from, bounds));
        if (octetsOf(news.events) <= room.octets) return news;
        if (limit <= 1) return { ...news, events: news.events.map(withoutFlags) };
      }
    } catch (error) {
      if (isEiderError(error, 'ACCOUNT_NOT_FOUND')) {
        await told.forget(account);
        await marked.forget(account);
        return null;
      }
      this.#unreadable.set(account, changed);
      this.#later('unreadable', UNREADABLE_MS, () => {
        for (const [id, one] of this.#unreadable) this.#changed.set(id, one);
        this.#unreadable.clear();
      });
      return null;
    }
  }
}

/** One message may have more keywords than there is room for: they can be read where it is. */
function withoutFlags(event: LoggedEvent): LoggedEvent {
  const { flags: _flags, ...rest } = event as LoggedEvent & { readonly flags?: readonly string[] };
  return rest as LoggedEvent;
}
