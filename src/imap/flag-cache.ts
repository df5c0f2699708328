/** Flags of the messages of one mailbox, as far as they are known. */

import type { FlagColumns } from '../engine/engine.ts';
import type { ChangedFlags } from '../engine/records.ts';
import { copyWithout, type UidMap } from './uid-map.ts';

/** Above so many single changes it is cheaper to know all. */
const MAX_SINGLE = 2000;

/** Columns as long as the mailbox's UID map (or longer). */
export interface FlagTable {
  masks: Uint8Array;
  modSeqs: Float64Array;
  /** Of the messages that have keywords. */
  readonly keywords: Map<number, string>;
}

/**
 * Knows either all flags of a mailbox (a {@link FlagTable} beside its map of UIDs) or only those that changed lately.
 * Changes may come twice and in any order: the greater `modSeq` wins.
 */
export class FlagCache {
  /** All flags, or `null`. */
  table: FlagTable | null = null;
  #single = new Map<number, ChangedFlags>();

  /** Whether so many single changes are kept that all flags should be loaded. */
  get crowded(): boolean {
    return this.#single.size > MAX_SINGLE;
  }

  /** Octets in memory, about. */
  get octets(): number {
    return (this.table ? this.table.masks.length * 9 + this.table.keywords.size * 64 : 0) + this.#single.size * 120;
  }

  /** Knows all flags from now on: `columns` were read after `map` was. */
  load(map: UidMap, columns: FlagColumns): void {
    const table: FlagTable = {
      masks: new Uint8Array(map.count),
      modSeqs: new Float64Array(map.count),
      keywords: new Map(columns.keywords),
    };
    if (sameUids(map, columns.uids)) {
      table.masks.set(columns.masks);
      table.modSeqs.set(columns.modSeqs);
    } else {
      spread(map, columns, table);
    }
    this.table = table;
    this.#single.clear();
  }

  /** Takes in changes of messages of `map`. */
  change(map: UidMap, changes: Iterable<ChangedFlags>): void {
    const table = this.table;
    let from = 0;
    for (const change of changes) {
      if (!table) {
        const known = this.#single.get(change.uid);
        if (!known || known.modSeq <= change.modSeq) this.#single.set(change.uid, change);
        continue;
      }
      const index = map.indexOf(change.uid, from < map.count && (map.uids[from] as number) <= change.uid ? from : 0);
      from = index;
      if (index >= map.count || map.uids[index] !== change.uid || (table.modSeqs[index] as number) > change.modSeq)
        continue;
      table.masks[index] = change.mask;
      table.modSeqs[index] = change.modSeq;
      if (change.keywords === '') table.keywords.delete(change.uid);
      else table.keywords.set(change.uid, change.keywords);
    }
  }

  /** Makes room for messages behind the first `had`; {@link FlagCache.change} tells their flags. */
  grow(had: number, count: number): void {
    const table = this.table;
    if (!table || table.masks.length >= count) return;
    const size = count + (count >> 3) + 32;
    const masks = new Uint8Array(size);
    const modSeqs = new Float64Array(size);
    masks.set(table.masks.subarray(0, had));
    modSeqs.set(table.modSeqs.subarray(0, had));
    table.masks = masks;
    table.modSeqs = modSeqs;
  }

  /** Forgets the messages at `indexes` (ascending) of `map`. */
  remove(map: UidMap, indexes: readonly number[]): void {
    for (const index of indexes) {
      const uid = map.uids[index] as number;
      this.#single.delete(uid);
      this.table?.keywords.delete(uid);
    }
    if (!this.table) return;
    const { masks, modSeqs } = this.table;
    this.table.masks = new Uint8Array(map.count - indexes.length);
    this.table.modSeqs = new Float64Array(map.count - indexes.length);
    copyWithout(masks, map.count, indexes, this.table.masks);
    copyWithout(modSeqs, map.count, indexes, this.table.modSeqs);
  }

  /** Forgets everything. */
  clear(): void {
    this.table = null;
    this.#single.clear();
  }

  /** Messages of `map` known to have changed after `since`, ascending by UID. */
  changedSince(map: UidMap, since: number): ChangedFlags[] {
    const table = this.table;
    if (!table) {
      const changed = [...this.#single.values()].filter((change) => change.modSeq > since);
      return changed.sort((a, b) => a.uid - b.uid);
    }
    const changed: ChangedFlags[] = [];
    const { modSeqs } = table;
    for (let index = 0; index < map.count; index++) {
      if ((modSeqs[index] as number) > since) changed.push(this.at(map, index) as ChangedFlags);
    }
    return changed;
  }

  /** What is known of the message at an index of `map`, or `null`. */
  at(map: UidMap, index: number): ChangedFlags | null {
    const uid = map.uids[index] as number;
    const table = this.table;
    if (!table) return this.#single.get(uid) ?? null;
    return {
      uid,
      mask: table.masks[index] as number,
      modSeq: table.modSeqs[index] as number,
      keywords: table.keywords.get(uid) ?? '',
    };
  }
}

/** The rows of columns. */
export function* rowsOf(columns: FlagColumns): Generator<ChangedFlags> {
  for (let i = 0; i < columns.uids.length; i++) {
    const uid = columns.uids[i] as number;
    yield {
      uid,
      mask: columns.masks[i] as number,
      modSeq: columns.modSeqs[i] as number,
      keywords: columns.keywords.get(uid) ?? '',
    };
  }
}

function sameUids(map: UidMap, uids: Uint32Array): boolean {
  if (uids.length !== map.count) return false;
  const mine = map.uids;
  for (let i = 0; i < map.count; i++) if (mine[i] !== uids[i]) return false;
  return true;
}

function spread(map: UidMap, columns: FlagColumns, table: FlagTable): void {
  let index = 0;
  for (let i = 0; i < columns.uids.length; i++) {
    index = map.indexOf(columns.uids[i] as number, index);
    if (index >= map.count) return;
    if (map.uids[index] !== columns.uids[i]) continue;
    table.masks[index] = columns.masks[i] as number;
    table.modSeqs[index] = columns.modSeqs[i] as number;
  }
}
