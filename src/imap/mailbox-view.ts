/** The selected mailbox as one session knows it, and what it is told of changes. RFC 9051 sections 5.2 and 7.5.1. */

import type { ChangedFlags } from '../engine/records.ts';
import { formatFlags, SYSTEM_FLAGS } from '../model/flags.ts';
import type { ModSeq } from '../model/ids.ts';
import { UidSet } from '../model/uid-set.ts';
import type { AccountWatch } from './mailbox-cache.ts';
import { Refusal } from './refusal.ts';
import type { ResponseWriter } from './response-writer.ts';
import type { SharedMailbox } from './shared-mailbox.ts';
import type { UidMap } from './uid-map.ts';
import type { UpdatedSearch } from './updated-search.ts';
import { type PartialRange, sliceBounds } from './wire/partial-range.ts';
import type { SequenceSet } from './wire/sequence-set.ts';
import { fetchHead } from './wire/write-response.ts';

/** What an announcement may and must contain. */
export interface AnnounceOptions {
  /** EXPUNGE is allowed. RFC 9051 section 7.5.1: not while a FETCH, STORE or SEARCH by number is answered. */
  readonly expunge: boolean;
  /** New messages, and those that went, may be told at all. RFC 5465. */
  readonly counts: boolean;
  /** So may changes of flags. */
  readonly flags: boolean;
  /** MODSEQ in FETCH responses. */
  readonly modSeq: boolean;
  /** VANISHED instead of EXPUNGE. RFC 7162 section 3.2.10. */
  readonly vanished: boolean;
  /** UIDFETCH instead of FETCH. RFC 9586. */
  readonly uidOnly: boolean;
}

/**
 * A session's own numbering of a mailbox. The client's message numbers change only by {@link MailboxView.announce}:
 * until then messages that others removed keep their number, and new ones have none.
 */
export class MailboxView {
  readonly shared: SharedMailbox;
  readonly readOnly: boolean;
  /** What the client was told: its message numbers. */
  map: UidMap;
  /** UIDs of the last SEARCH RETURN (SAVE). RFC 5182. */
  saved: UidSet = UidSet.empty;
  /** Searches whose results are kept up to date, by tag. RFC 5267. */
  readonly updates: Map<string, UpdatedSearch> = new Map();
  readonly #watch: AccountWatch;
  /** The position up to which flag changes were told. */
  #told: ModSeq;
  /** The position up to which messages that went were told. */
  #expungesTold: ModSeq;
  /** Transactions of this session: their flags were told by the command itself. */
  #own = new Set<ModSeq>();
  #keywordsTold: number;

  constructor(shared: SharedMailbox, watch: AccountWatch, readOnly: boolean) {
    this.shared = shared;
    this.#watch = watch;
    this.readOnly = readOnly;
    this.map = shared.map;
    this.#told = shared.modSeq;
    this.#expungesTold = shared.modSeq;
    this.#keywordsTold = shared.keywords.length;
  }

  /** Whether the store is known to have moved on. */
  get stale(): boolean {
    return this.shared.modSeq < this.#watch.modSeq;
  }

  /** Whether there is something to tell that is known already. */
  get behind(): boolean {
    return this.map !== this.shared.map || this.#told < this.shared.modSeq || this.shared.gone;
  }

  /** Notes that this session's own command made a transaction and answers for its flags. */
  own(modSeq: ModSeq): void {
    if (modSeq > this.#told) this.#own.add(modSeq);
    this.#watch.notice(modSeq);
  }

  /** UIDs of a set of message numbers or of UIDs, as this session sees them. @throws Refusal for a number that is no message's. */
  resolve(set: SequenceSet, uid: boolean): UidSet {
    if (set.saved) return this.saved;
    if (uid) return this.resolveUids(set);
    // RFC 9051 section 9, seq-number: a number above the number of messages, or `*` in an empty mailbox, gets BAD.
    if (set.greatest > this.map.count || (set.hasStar && this.map.count === 0)) {
      throw new Refusal('BAD', 'There is no message of that number');
    }
    return this.map.uidsOf(set.resolve(this.map.count));
  }

  /** UIDs of a set of UIDs, those above the last one this session knows left out. */
  resolveUids(set: SequenceSet): UidSet {
    if (set.saved) return this.saved;
    const { last } = this.map;
    return last === 0 ? UidSet.empty : set.resolve(last).intersection(UidSet.range(1, last));
  }

  /** The position up to which flag changes were told. */
  get told(): ModSeq {
    return this.#told;
  }

  /** Whether messages of `uids` that have a number are gone. */
  someGone(uids: UidSet): boolean {
    return this.map !== this.shared.map && countOf(this.shared.map, uids) < countOf(this.map, uids);
  }

  /** How many messages of `uids` the client has numbers for. */
  count(uids: UidSet): number {
    return countOf(this.map, uids);
  }

  /** The messages of `uids` that a range counts out. RFC 9394 section 3.3. */
  slice(uids: UidSet, range: PartialRange): UidSet {
    const ranges = this.map.indexRanges(uids);
    const [start, end] = sliceBounds(range, this.count(uids));
    const picked: [number, number][] = [];
    let at = 0;
    for (const [first, last] of ranges) {
      const from = Math.max(first, first + start - at);
      const to = Math.min(last, first + end - at);
      if (from < to) picked.push([this.map.uid(from + 1), this.map.uid(to)]);
      at += last - first;
    }
    return UidSet.fromRanges(picked);
  }

  /** A set of UIDs as the client writes them: message numbers, or UIDs. */
  numbers(uids: UidSet, uid: boolean): string {
    if (uid) return uids.toString();
    return UidSet.fromRanges(
      this.map.indexRanges(uids).map(([start, end]): [number, number] => [start + 1, end]),
    ).toString();
  }

  /** Tells of new keywords, so that the client knows them before they are used. */
  announceKeywords(out: ResponseWriter): void {
    if (this.#keywordsTold === this.shared.keywords.length) return;
    this.#keywordsTold = this.shared.keywords.length;
    out.write(flagsResponse(this.shared.keywords));
    out.write(permanentFlagsResponse(this.shared.keywords, this.readOnly));
  }

  /** Tells everything that changed and may be told now, from memory. */
  announce(out: ResponseWriter, options: AnnounceOptions): void {
    const { shared } = this;
    if (shared.gone || !this.behind) return;
    this.announceKeywords(out);
    if (options.flags) this.#announceFlags(out, options);
    if (!options.counts) return;
    if (this.map !== shared.map) {
      const gone = this.map.goneIn(shared.map);
      if (gone.length > 0 && !options.expunge) {
        // RFC 7162 section 3.2: the client must not take a MODSEQ above these expunges for what it has seen.
        if (options.vanished) out.write(`* OK [HIGHESTMODSEQ ${this.#expungesTold}] VANISHED is delayed\r\n`);
        return;
      }
      this.#announceGone(out, gone, options.vanished);
      // An EXISTS that tells nothing new makes some clients start over.
      if (shared.map.count > this.map.count - gone.length) {
        out.write(`* ${shared.map.count} EXISTS\r\n`);
        // No MODSEQ comes with an EXISTS: without this, what a client has appended is a change of flags when it is back.
        if (options.vanished && options.modSeq && options.flags) {
          out.write(`* OK [HIGHESTMODSEQ ${shared.highestModSeq}] Highest\r\n`);
        }
      }
      this.map = shared.map;
    }
    this.#expungesTold = shared.modSeq;
  }

  #announceGone(out: ResponseWriter, gone: readonly number[], vanished: boolean): void {
    if (gone.length > 0 && vanished) {
      const uids = UidSet.fromSorted(gone.map((index) => this.map.uids[index] as number));
      out.write(`* VANISHED ${uids}\r\n`);
      return;
    }
    // From the last to the first, so that no number shifts another.
    for (let i = gone.length - 1; i >= 0; i--) out.write(`* ${(gone[i] as number) + 1} EXPUNGE\r\n`);
  }

  #announceFlags(out: ResponseWriter, options: AnnounceOptions): void {
    const { shared } = this;
    if (shared.flaggedAt > this.#told) {
      let seq = 1;
      for (const change of shared.flags.changedSince(shared.map, this.#told)) {
        if (this.#own.has(change.modSeq)) continue;
        const found = this.map.seq(change.uid, seq);
        if (found === 0) continue;
        seq = found;
        out.write(flagsFetch(found, change, options));
      }
    }
    this.#told = shared.modSeq;
    for (const own of this.#own) if (own <= this.#told) this.#own.delete(own);
  }
}

function countOf(map: UidMap, uids: UidSet): number {
  let count = 0;
  for (const [start, end] of map.indexRanges(uids)) count += end - start;
  return count;
}

/** `* 3 FETCH (UID 7 FLAGS (\Seen))`, unasked. */
export function flagsFetch(
  seq: number,
  change: ChangedFlags,
  { modSeq, uidOnly }: Pick<AnnounceOptions, 'modSeq' | 'uidOnly'>,
): string {
  const head = `${fetchHead(seq, change.uid, uidOnly)}${uidOnly ? '' : `UID ${change.uid} `}`;
  const flags = formatFlags(change.mask, change.keywords);
  return `${head}FLAGS (${flags})${modSeq ? ` MODSEQ (${change.modSeq})` : ''})\r\n`;
}

/** `* FLAGS (...)`. */
export function flagsResponse(keywords: readonly string[]): string {
  return `* FLAGS (${[...SYSTEM_FLAGS, ...keywords].join(' ')})\r\n`;
}

/** `* OK [PERMANENTFLAGS (...)]`. */
export function permanentFlagsResponse(keywords: readonly string[], readOnly: boolean): string {
  if (readOnly) return '* OK [PERMANENTFLAGS ()] No flag can be changed\r\n';
  return `* OK [PERMANENTFLAGS (${[...SYSTEM_FLAGS, ...keywords, '\\*'].join(' ')})] Keywords can be made\r\n`;
}
