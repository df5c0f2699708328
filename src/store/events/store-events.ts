/** The events of a store: an engine that tells what it changes, and who follows. */

import type { Engine } from '../../engine/engine.ts';
import { EiderError } from '../../errors.ts';
import { type EventsOptions, isEventType, namesEvent, type StoreEvent } from '../../model/store-event.ts';
import { EventFollowing } from './event-following.ts';
import { EventLog } from './event-log.ts';
import { type EventPosition, formatPosition, parsePosition, WHOLE } from './event-position.ts';
import { EventPublisher } from './event-publisher.ts';
import { LogTail } from './log-tail.ts';
import { MarkedAccounts } from './marked-accounts.ts';
import type { Told } from './telling.ts';
import { TellingEngine } from './telling-engine.ts';
import { ToldPositions } from './told-positions.ts';

/** What processes left untold that died is looked for so often while somebody follows, in milliseconds. */
const SWEEP_MS = 30_000;

/** The events of a store. */
export class StoreEvents {
  /** To be used for all transactions. */
  readonly engine: Engine;
  readonly #log: EventLog;
  readonly #tail: LogTail;
  readonly #following: EventFollowing;
  readonly #publisher: EventPublisher;
  #followers = 0;
  #sweeping: NodeJS.Timeout | null = null;
  #sweep: Promise<void> | null = null;

  constructor(engine: Engine) {
    const { vault } = engine;
    this.#log = new EventLog(vault);
    this.#following = new EventFollowing(vault, this.#log);
    const told = new ToldPositions(vault, this.#log);
    const marked = new MarkedAccounts(vault);
    this.#publisher = new EventPublisher({ engine, log: this.#log, following: this.#following, marked, told });
    this.#tail = new LogTail(this.#log, this.#publisher.written);
    this.engine = new TellingEngine(engine, this.#publisher);
  }

  /** Tells of what was done beside mail, unless nobody follows. */
  tell(event: Told): void {
    this.#publisher.tell(event);
  }

  /** Position behind all that has happened; from then on events are kept for 7 days. */
  async position(): Promise<string> {
    await this.#following.follow();
    await this.#sweepNow();
    // What happened after a sweep that somebody else had begun.
    await this.#publisher.settle();
    return formatPosition({ entry: await this.#log.end(), index: WHOLE });
  }

  /** See `MessageStore.events`. */
  async *follow(options: EventsOptions, signal: AbortSignal): AsyncGenerator<StoreEvent, void, undefined> {
    const { types = ['*'], account } = options;
    const unknown = types.find((type) => !isEventType(type));
    if (unknown !== undefined) throw new EiderError('INVALID_ARGUMENT', `no event is called ${unknown.slice(0, 64)}`);
    const start = await this.position();
    this.#join();
    try {
      for await (const event of this.#from(options.after ?? start, signal)) {
        if (event.ev === 'reset' && (event.user === undefined || account === undefined || event.user === account)) {
          yield event;
        } else if (types.some((type) => namesEvent(type, event.ev)) && (account ?? event.user) === event.user) {
          yield event;
        }
      }
    } finally {
      this.#leave();
    }
  }

  async close(): Promise<void> {
    if (this.#sweeping) clearInterval(this.#sweeping);
    this.#sweeping = null;
    await this.#sweep?.catch(() => {});
    // What is lost with the process is told now; of mail others would find it too.
    await this.#publisher.settle().catch(() => {});
    await this.#publisher.close();
  }

  async *#from(after: string, signal: AbortSignal): AsyncGenerator<StoreEvent, void, undefined> {
    let position = parsePosition(after);
    const end = await this.#log.end();
    if (!position || position.entry > end) {
      position = { entry: end, index: WHOLE };
      yield reset(position);
    }
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const heard = this.#publisher.written.next();
      const known: number = position.index === WHOLE ? position.entry : position.entry - 1;
      const entries = await this.#log.after(known);
      // What should be next is gone: it has become too old.
      const next = entries[0]?.number ?? (isFirst ? end : known) + 1;
      if (next > known + 1) {
        position = { entry: next - 1, index: WHOLE };
        yield reset(position);
      }
      for (const { number, events } of entries) {
        for (const [index, event] of events.entries()) {
          if (number === position.entry && index <= position.index) continue;
          if (signal.aborted) return;
          yield { ...event, id: formatPosition({ entry: number, index }) } as StoreEvent;
        }
        position = { entry: number, index: WHOLE };
      }
      if (entries.length === 0) await this.#tail.beyond(known, heard, signal);
    }
  }

  #join(): void {
    this.#followers++;
    this.#sweeping ??= setInterval(() => {
      void this.#following
        .follow()
        .then(() => this.#sweepNow())
        .catch(() => {});
    }, SWEEP_MS).unref();
  }

  #leave(): void {
    if (--this.#followers > 0 || !this.#sweeping) return;
    clearInterval(this.#sweeping);
    this.#sweeping = null;
  }

  #sweepNow(): Promise<void> {
    this.#sweep ??= this.#publisher.sweep().finally(() => {
      this.#sweep = null;
    });
    return this.#sweep;
  }
}

function reset(position: EventPosition): StoreEvent {
  return { ev: 'reset', id: formatPosition(position), time: Date.now() };
}
