/** The messages of a selected mailbox as a client numbers them, from what it was told and nothing else. */

import { expect } from 'vitest';
import { UidSet } from '../../../src/model/uid-set.ts';
import { flagText } from './account-model.ts';

/** A message that the client was told to be there. */
export interface Slot {
  /** 0 while it is not known; -1 when it could not be asked for, being gone. */
  uid: number;
  /** `null` while they are not known. */
  flags: string | null;
  /** 0 while it is not known. */
  modSeq: number;
}

/** How the session talks. */
export interface Dialect {
  /** MODSEQ goes with flags that nobody asked for. */
  condstore: boolean;
  /** VANISHED instead of EXPUNGE. */
  qresync: boolean;
  /** No message numbers. */
  uidOnly: boolean;
}

/** Data of one message, as a response tells it. */
export interface ToldMessage {
  /** 0 in a UIDFETCH. */
  readonly seq: number;
  /** 0 when it is not told. */
  readonly uid: number;
  readonly flags: string | null;
  readonly modSeq: number;
  readonly size: number;
}

/** Applies responses, and fails on one that breaks the rules. */
export class MailboxSlots {
  slots: Slot[] = [];
  /** Flags and keywords that were announced. */
  readonly announced: Set<string> = new Set();
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** UIDs that are known, ascending. */
  get uids(): number[] {
    return this.slots.flatMap(({ uid }) => (uid > 0 ? [uid] : []));
  }

  get hasUnknown(): boolean {
    return this.slots.some(({ uid }) => uid === 0);
  }

  /** RFC 9051 section 7.4.1: only ever more, and only then. */
  exists(count: number): void {
    expect(count, 'EXISTS tells of growth').toBeGreaterThan(this.slots.length);
    while (this.slots.length < count) this.slots.push({ uid: 0, flags: null, modSeq: 0 });
  }

  expunge(seq: number): void {
    expect(this.#dialect.qresync || this.#dialect.uidOnly, 'VANISHED is due').toBe(false);
    expect(seq, 'EXPUNGE has the number of a message').toBeGreaterThan(0);
    expect(this.slots.splice(seq - 1, 1), 'EXPUNGE has the number of a message').toHaveLength(1);
  }

  /** RFC 7162 section 3.2.10.2: each UID takes a number away, whether it was ever fetched or not. */
  vanished(set: string): void {
    expect(this.#dialect.qresync || this.#dialect.uidOnly, 'EXPUNGE is due').toBe(true);
    for (const uid of UidSet.parse(set)) {
      const at = this.#placeOf(uid);
      expect(at, `VANISHED ${uid} is a message that was told`).toBeGreaterThanOrEqual(0);
      this.slots.splice(at, 1);
    }
  }

  fetched(told: ToldMessage): void {
    const slot = this.#dialect.uidOnly ? this.#slotOfUid(told.uid) : this.slots[told.seq - 1];
    if (!slot) throw new Error(`FETCH of a message that there is not: ${JSON.stringify(told)}`);
    if (this.#dialect.uidOnly) expect(told.seq, 'no numbers after UIDONLY').toBe(0);
    if (told.uid > 0) {
      if (slot.uid !== 0) expect(told.uid, `the UID of number ${told.seq}`).toBe(slot.uid);
      slot.uid = told.uid;
    }
    if (told.flags !== null) {
      for (const flag of told.flags.match(/\S+/g) ?? []) expect(this.announced, 'flags are announced').toContain(flag);
      slot.flags = told.flags;
    }
    if (told.modSeq > 0) {
      expect(told.modSeq, `MODSEQ of ${slot.uid} never falls`).toBeGreaterThanOrEqual(slot.modSeq);
      slot.modSeq = told.modSeq;
    }
    const { uids } = this;
    expect(uids, 'UIDs rise with the numbers').toEqual([...new Set(uids)].sort((a, b) => a - b));
  }

  /** Messages from number `first` to `last` that said no UID when they were asked. */
  noteGone(first: number, last: number): void {
    for (const slot of this.slots.slice(first - 1, last)) if (slot.uid === 0) slot.uid = -1;
  }

  /** What a client that has heard all differs in from what is there. */
  differences(truth: readonly { readonly uid: number; readonly flags: string; readonly modSeq: number }[]): string[] {
    if (truth.length !== this.slots.length) return [`${this.slots.length} messages instead of ${truth.length}`];
    const known = this.#dialect.uidOnly ? this.#aligned(truth) : this.slots;
    return truth.flatMap(({ uid, flags, modSeq }, index) => {
      const slot = known[index] as Slot;
      const found: string[] = [];
      if (slot.uid !== 0 && slot.uid !== uid) found.push(`number ${index + 1} is ${slot.uid} instead of ${uid}`);
      if (slot.flags !== null && slot.flags !== flags) found.push(`${uid} is (${slot.flags}) instead of (${flags})`);
      if (this.#dialect.condstore && slot.modSeq !== 0 && slot.modSeq !== modSeq)
        found.push(`${uid} has the MODSEQ ${slot.modSeq} instead of ${modSeq}`);
      return found;
    });
  }

  /** Flags of a message in one order. */
  setFlags(slot: Slot, flags: Iterable<string>): void {
    slot.flags = flagText(flags);
  }

  /** Without numbers, what is not known may be anywhere. */
  #aligned(truth: readonly { readonly uid: number }[]): Slot[] {
    const slots = new Map(this.slots.map((slot) => [slot.uid, slot]));
    return truth.map(({ uid }) => slots.get(uid) ?? { uid: slots.has(0) ? 0 : -1, flags: null, modSeq: 0 });
  }

  /** Where a message is that may not be known by its UID: between those below and above it. */
  #placeOf(uid: number): number {
    const known = this.slots.findIndex((slot) => slot.uid === uid);
    if (known >= 0) return known;
    const above = this.#dialect.uidOnly ? -1 : this.slots.findIndex((slot) => slot.uid > uid);
    const below = this.#dialect.uidOnly ? -1 : this.slots.findLastIndex((slot) => slot.uid > 0 && slot.uid < uid);
    const candidates = this.slots.slice(below + 1, above < 0 ? this.slots.length : above);
    const gone = candidates.findIndex((slot) => slot.uid === -1);
    const at = gone >= 0 ? gone : candidates.findIndex((slot) => slot.uid === 0);
    return at < 0 ? -1 : below + 1 + at;
  }

  #slotOfUid(uid: number): Slot | undefined {
    const known = this.slots.find((slot) => slot.uid === uid);
    if (known) return known;
    const at = this.slots.findIndex((slot) => slot.uid === 0);
    if (at < 0) return undefined;
    const [slot] = this.slots.splice(at, 1) as [Slot];
    const before = this.slots.findIndex((other) => other.uid === 0 || other.uid > uid);
    this.slots.splice(before < 0 ? this.slots.length : before, 0, slot);
    return slot;
  }
}
