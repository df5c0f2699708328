/** ESEARCH, which answers SEARCH, SORT and ESEARCH. RFC 4731, RFC 5182, RFC 5267 section 3, RFC 6203, RFC 9394. */

import { UidSet } from '../model/uid-set.ts';
import type { MailboxView } from './mailbox-view.ts';
import type { Session } from './session.ts';
import { type PartialRange, sliceBounds } from './wire/partial-range.ts';
import type { SearchReturn } from './wire/search-return.ts';
import { quoted } from './wire/write-string.ts';

/** How to answer. */
export interface ExtendedAnswer {
  readonly tag: string;
  readonly uid: boolean;
  readonly returns: SearchReturn;
  readonly modSeq: boolean;
  /** By UID; `null` when they were not asked for. */
  readonly scores: ReadonlyMap<number, number> | null;
}

/** Writes what was found, in its order: UIDs that the client has numbers for. */
export function writeExtended(
  session: Session,
  view: MailboxView,
  found: readonly number[],
  answer: ExtendedAnswer,
): void {
  const { returns, uid } = answer;
  const returned = returnedBy(found, returns);
  if (returns.save) {
    view.saved = UidSet.from(returned);
    // RFC 5182 section 2.1: only saving is answered by the tagged response alone.
    if (returnsNothing(returns)) return;
  }
  const modSeq = answer.modSeq && returned.length > 0 ? highestModSeq(view, returned) : null;
  const scores = answer.scores && scoresOf(answer.scores, found, returns);
  const data = formatResults(numbersOf(view, found, uid), returns, { modSeq, scores });
  session.out.write(`* ESEARCH (TAG ${quoted(answer.tag)})${uid ? ' UID' : ''}${data}\r\n`);
}

/** Whether no option asks for anything of the result itself. */
export function returnsNothing({ min, max, all, count, partial, relevancy }: SearchReturn): boolean {
  return !min && !max && !all && !count && !partial && !relevancy;
}

/** The data items of a response, each with a space before it. */
export function formatResults(
  numbers: readonly number[],
  returns: SearchReturn,
  more: { readonly modSeq: number | null; readonly scores: readonly number[] | null },
): string {
  let text = '';
  if (numbers.length > 0) {
    // RFC 4731 section 3.1: MIN, MAX and ALL are left out when nothing was found.
    if (returns.min) text += ` MIN ${numbers[0]}`;
    if (returns.max) text += ` MAX ${numbers.at(-1)}`;
    if (returns.all) text += ` ALL ${orderedSet(numbers)}`;
  }
  if (returns.partial) text += ` PARTIAL (${returns.partial.text} ${slice(numbers, returns.partial)})`;
  if (more.scores) text += ` RELEVANCY (${more.scores.join(' ')})`;
  if (returns.count) text += ` COUNT ${numbers.length}`;
  if (more.modSeq !== null) text += ` MODSEQ ${more.modSeq}`;
  return text;
}

/** The scores of the messages that ALL or PARTIAL list, else of all. */
export function scoresOf(
  scores: ReadonlyMap<number, number>,
  found: readonly number[],
  { partial }: SearchReturn,
): number[] {
  const listed = partial ? found.slice(...sliceBounds(partial, found.length)) : found;
  return listed.map((uid) => scores.get(uid) ?? 1);
}

/** RFC 9394 section 3.1: NIL where the result is too short. */
function slice(numbers: readonly number[], range: PartialRange): string {
  const part = numbers.slice(...sliceBounds(range, numbers.length));
  return part.length === 0 ? 'NIL' : orderedSet(part);
}

/**
 * What the answer (and `$`) is about: with MIN, MAX or PARTIAL only those messages. RFC 5182 section 2.4, RFC 4731
 * section 3.2, RFC 9394 section 3.2.
 */
export function returnedBy(
  found: readonly number[],
  { min, max, all, count, partial }: SearchReturn,
): readonly number[] {
  if (all || (count && !partial) || (!min && !max && !partial) || found.length === 0) return found;
  const picked = new Set<number>(partial ? found.slice(...sliceBounds(partial, found.length)) : []);
  if (min) picked.add(found[0] as number);
  if (max) picked.add(found.at(-1) as number);
  return [...picked];
}

/** A set in the order of a list: runs that rise by one are ranges. RFC 5267 section 3.2. */
function orderedSet(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length; ) {
    const first = numbers[i] as number;
    let last = first;
    while (++i < numbers.length && numbers[i] === last + 1) last++;
    parts.push(first === last ? `${first}` : `${first}:${last}`);
  }
  return parts.join();
}

/** Message numbers of UIDs in any order, or with `uid` the UIDs. */
export function numbersOf({ map }: MailboxView, uids: readonly number[], uid: boolean): readonly number[] {
  if (uid) return uids;
  let before = 0;
  let seq = 1;
  return uids.map((each) => {
    seq = map.seq(each, each > before ? seq : 1);
    before = each;
    return seq;
  });
}

/** The greatest modification sequence of messages, as far as known. */
export function highestModSeq({ shared }: MailboxView, uids: readonly number[]): number {
  let highest = 0;
  for (const uid of uids) {
    const index = shared.map.seq(uid) - 1;
    if (index >= 0) highest = Math.max(highest, shared.flags.table?.modSeqs[index] ?? 0);
  }
  return highest;
}
