/**
 * The log of all events: entries numbered without gaps, each written once, by whichever process comes first. What an
 * entry tells of an account's changes, and how far that goes, is one record: so no change is told twice or left out,
 * however many processes write and whenever they die.
 */

import type { Vault, VaultEntry } from '../../engine/vault.ts';
import type { AccountId, ModSeq } from '../../model/ids.ts';
import type { StoreEvent } from '../../model/store-event.ts';
import { changeRecord } from '../change-record.ts';

/** Of an event all but its position. */
export type LoggedEvent = StoreEvent extends infer Event
  ? Event extends StoreEvent
    ? Omit<Event, 'id'>
    : never
  : never;

/** How far the changes of an account have been told. */
export interface ToldUpTo {
  readonly modSeq: ModSeq;
  /** Steps of the transaction after `modSeq` that have been told: 0 unless it was cut. */
  readonly steps: number;
}

/** An entry. */
export interface LogEntry {
  readonly number: number;
  readonly events: readonly LoggedEvent[];
  readonly told: ReadonlyMap<AccountId, ToldUpTo>;
  /** Of the attempt that wrote it, so that who tried knows it again. */
  readonly attempt?: string;
}

/** Entries are kept for so long, in milliseconds: 7 days. */
export const EVENT_LOG_MS = 604_800_000;
/** Most octets of the events of one entry; a record holds no more than 65,536. */
export const MAX_ENTRY_OCTETS = 49_152;

const LOG = { owner: 'events', kind: 'eventLog' };
const CHECKPOINT = { owner: 'events', kind: 'eventCheckpoint', key: 'checkpoint' };
const PAGE = 100;
/** Entries that a process remembers. */
const MAX_RECENT = 32;
const DIGITS = 16;

/** The log, as one process reads and writes it. */
export class EventLog {
  readonly #vault: Vault;
  /** Entries that were read lately: they never change, and all who follow read the same. */
  readonly #recent = new Map<number, LogEntry>();
  /** An entry that was there. */
  #seen = 0;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Entries after that number, ascending. An entry that is missing has become too old. */
  async after(number: number, limit: number = PAGE): Promise<LogEntry[]> {
    const known = this.#knownAfter(number, limit);
    if (known.length > 0) return known;
    const found = (await this.#vault.list(LOG, { after: keyOf(number), limit })).map(entryOf);
    for (const entry of found) this.#remember(entry);
    return found;
  }

  #knownAfter(number: number, limit: number): LogEntry[] {
    const known: LogEntry[] = [];
    for (let next = number + 1; known.length < limit; next++) {
      const entry = this.#recent.get(next);
      if (!entry) break;
      known.push(entry);
    }
    return known;
  }

  #remember(entry: LogEntry): void {
    this.#recent.set(entry.number, entry);
    for (const [oldest] of this.#recent) {
      if (this.#recent.size <= MAX_RECENT) return;
      this.#recent.delete(oldest);
    }
  }

  /** Writes an entry, durably; `false`, and nothing happened, when another has that number. */
  append({ number, events, told, attempt }: LogEntry): Promise<boolean> {
    const upTo = [...told].map(([id, { modSeq, steps }]) => [id, modSeq, steps]);
    const value = JSON.stringify({ events, told: upTo, attempt });
    return this.#vault.create({ ...LOG, key: keyOf(number) }, { value, expires: Date.now() + EVENT_LOG_MS });
  }

  /** Number of the last entry. */
  async end(): Promise<number> {
    this.#seen = Math.max(this.#seen, await this.checkpoint());
    for (;;) {
      const last = (await this.after(this.#seen)).at(-1);
      if (!last) return this.#seen;
      this.#seen = last.number;
    }
  }

  /** An entry up to which all is known of what has been told; 0 for none. */
  async checkpoint(): Promise<number> {
    return Number((await this.#vault.get(CHECKPOINT))?.value ?? 0);
  }

  /** Raises it; it never falls. */
  async setCheckpoint(number: number): Promise<void> {
    await changeRecord<number>(this.#vault, CHECKPOINT, (before) => ((before ?? 0) < number ? number : null));
  }
}

function entryOf({ key, value }: VaultEntry): LogEntry {
  const { events, told, attempt } = JSON.parse(value) as {
    events: LoggedEvent[];
    told: [AccountId, ModSeq, number][];
    attempt?: string;
  };
  return {
    number: Number(key),
    events,
    ...(attempt !== undefined && { attempt }),
    told: new Map(told.map(([account, modSeq, steps]) => [account, { modSeq, steps }])),
  };
}

const keyOf = (number: number): string => String(number).padStart(DIGITS, '0');
