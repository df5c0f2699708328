/** How far the changes of each account have been told in the log. */

import type { Vault, VaultPlace } from '../../engine/vault.ts';
import type { AccountId, ModSeq } from '../../model/ids.ts';
import { changeRecord } from '../change-record.ts';
import type { EventLog, LogEntry, ToldUpTo } from './event-log.ts';

const KIND = 'eventTold';
/** Entries after which what is known is written down, so that the next process need not read them. */
const SAVE_ENTRIES = 500;
const PAGE = 100;

/** As it is kept: position and steps. */
type Stored = readonly [modSeq: ModSeq, steps: number];

/** The log up to its end, as this process knows it. Calls come one after the other. */
export class ToldPositions {
  readonly #vault: Vault;
  readonly #log: EventLog;
  /** Of what is not in the records yet. */
  readonly #told = new Map<AccountId, ToldUpTo>();
  #end = 0;
  #saved = -1;

  constructor(vault: Vault, log: EventLog) {
    this.#vault = vault;
    this.#log = log;
  }

  /** Number of the last entry that is known. */
  get end(): number {
    return this.#end;
  }

  /** Reads what was written since. */
  async catchUp(): Promise<void> {
    const checkpoint = await this.#log.checkpoint();
    if (this.#saved < 0) {
      this.#saved = checkpoint;
      this.#end = checkpoint;
    }
    for (let isWhole = false; !isWhole; ) {
      const entries = await this.#log.after(this.#end, PAGE);
      for (const entry of entries) this.note(entry);
      isWhole = entries.length < PAGE;
    }
    // A new time of following has begun since, and its numbers are far above.
    this.#end = Math.max(this.#end, checkpoint);
    if (this.#end - this.#saved >= SAVE_ENTRIES) await this.save();
  }

  /** An entry follows the last. */
  note({ number, told }: LogEntry): void {
    for (const [account, position] of told) this.#told.set(account, position);
    this.#end = number;
  }

  /** `null` for an account of which nothing was told. */
  async of(account: AccountId): Promise<ToldUpTo | null> {
    const known = this.#told.get(account);
    if (known) return known;
    const found = await this.#vault.get(placeOf(account));
    if (!found) return null;
    const [modSeq, steps] = JSON.parse(found.value) as Stored;
    return { modSeq, steps };
  }

  /** An account begins to be told of, from that change on, unless it has begun before. */
  async begin(account: AccountId, modSeq: ModSeq): Promise<void> {
    await this.#vault.create(placeOf(account), { value: JSON.stringify([modSeq, 0] satisfies Stored) });
  }

  /** Writes down what is known. */
  async save(): Promise<void> {
    if (this.#saved < 0 || this.#end <= this.#saved) return;
    const end = this.#end;
    for (const [account, position] of this.#told) await this.#raise(account, position);
    await this.#log.setCheckpoint(end);
    this.#saved = end;
    this.#told.clear();
  }

  /** An account is gone. */
  async forget(account: AccountId): Promise<void> {
    this.#told.delete(account);
    await this.#vault.take(placeOf(account));
  }

  /** What others wrote down may be further. */
  async #raise(account: AccountId, { modSeq, steps }: ToldUpTo): Promise<void> {
    await changeRecord<Stored>(this.#vault, placeOf(account), (before) => {
      const [known, knownSteps] = before ?? [0, 0];
      return known > modSeq || (known === modSeq && knownSteps >= steps) ? null : [modSeq, steps];
    });
  }
}

const placeOf = (account: AccountId): VaultPlace => ({ owner: 'events', kind: KIND, key: account });
