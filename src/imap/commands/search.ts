/** SEARCH. RFC 9051 section 6.4.4, RFC 3501 section 7.2.5, RFC 4731, RFC 5182, RFC 7162 section 3.1.5. */

import type { SearchQuery } from '../../model/search-query.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { CommandHandler } from '../command.ts';
import { isFlagSearch, searchFlags } from '../flag-search.ts';
import type { MailboxView } from '../mailbox-view.ts';
import { Refusal } from '../refusal.ts';
import type { Session } from '../session.ts';
import { type PartialRange, sliceBounds } from '../wire/partial-range.ts';
import { parseSearch, resolveSearchKey, type SearchArguments, type SearchReturn } from '../wire/search-program.ts';
import { quoted } from '../wire/write-string.ts';

/** Up to so many messages, flags are read at once to answer from memory. */
const FLAGS_LOOKUP = 20_000;

/** Finds messages. */
export const search: CommandHandler = {
  name: 'SEARCH',
  state: 'selected',
  uid: true,
  keepsNumbers: true,
  async run(session, { scanner, tag, uid }) {
    const args = parseSearch(scanner);
    const view = session.selected;
    if (args.modSeq) session.enableCondstore();
    const found = await session.work(tag, find(session, view, args)).catch((error: unknown) => {
      // RFC 5182 section 2.1: a SEARCH that fails leaves nothing saved.
      if (args.returns?.save) view.saved = UidSet.empty;
      throw error;
    });
    if (args.modSeq) await view.shared.loadFlags();
    if (args.returns) writeExtended(session, view, found, { tag, uid, returns: args.returns, modSeq: args.modSeq });
    else writeBasic(session, view, found, uid, args.modSeq);
    return { text: 'Searched' };
  },
};

/** UIDs of matching messages that the client has numbers for, ascending. */
async function find(session: Session, view: MailboxView, { key }: SearchArguments): Promise<number[]> {
  const query = resolveSearchKey(key, {
    // Unlike other commands, SEARCH takes numbers that no message has: they match nothing.
    seq: (set) => {
      if (session.uidOnly) throw new Refusal('BAD', 'Message numbers were given up by ENABLE UIDONLY', 'UIDREQUIRED');
      return view.map.uidsOf(set.resolve(view.map.count));
    },
    uid: (set) => view.resolveUids(set),
    saved: () => view.saved,
  });
  const uids = await matching(session, view, query);
  const { map } = view;
  const known: number[] = [];
  let index = 0;
  for (const uid of uids) {
    index = map.indexOf(uid, index);
    if (index >= map.count) break;
    if (map.uids[index] === uid) known.push(uid);
  }
  return known;
}

async function matching(session: Session, view: MailboxView, query: SearchQuery): Promise<Uint32Array> {
  const { shared } = view;
  if (isFlagSearch(query)) {
    if (shared.map.count <= FLAGS_LOOKUP) await shared.loadFlags();
    if (view.stale) await shared.refresh();
    const { table } = shared.flags;
    const uids = table && searchFlags(shared.map, table, query);
    if (uids) return uids;
  }
  return session.store.search(session.accountId, shared.id, query);
}

function writeBasic(
  session: Session,
  view: MailboxView,
  found: readonly number[],
  uid: boolean,
  modSeq: boolean,
): void {
  const numbers = numbersOf(view, found, uid);
  const highest = modSeq && found.length > 0 ? ` (MODSEQ ${highestModSeq(view, found)})` : '';
  session.out.write(`* SEARCH${numbers.length > 0 ? ` ${numbers.join(' ')}` : ''}${highest}\r\n`);
}

interface ExtendedAnswer {
  readonly tag: string;
  readonly uid: boolean;
  readonly returns: SearchReturn;
  readonly modSeq: boolean;
}

function writeExtended(session: Session, view: MailboxView, found: readonly number[], answer: ExtendedAnswer): void {
  const { returns, uid } = answer;
  const returned = returnedBy(found, returns);
  if (returns.save) {
    view.saved = UidSet.fromSorted(returned);
    // RFC 5182 section 2.1: only saving is answered by the tagged response alone.
    if (!returns.min && !returns.max && !returns.all && !returns.count && !returns.partial) return;
  }
  const numbers = numbersOf(view, found, uid);
  let text = `* ESEARCH (TAG ${quoted(answer.tag)})${uid ? ' UID' : ''}`;
  if (numbers.length > 0) {
    // RFC 4731 section 3.1: MIN, MAX and ALL are left out when nothing was found.
    if (returns.min) text += ` MIN ${numbers[0]}`;
    if (returns.max) text += ` MAX ${numbers.at(-1)}`;
    if (returns.all) text += ` ALL ${UidSet.fromSorted(numbers)}`;
  }
  if (returns.partial) text += ` PARTIAL (${returns.partial.text} ${slice(numbers, returns.partial)})`;
  if (returns.count) text += ` COUNT ${numbers.length}`;
  if (answer.modSeq && returned.length > 0) text += ` MODSEQ ${highestModSeq(view, returned)}`;
  session.out.write(`${text}\r\n`);
}

/** RFC 9394 section 3.1: NIL where the result is too short. */
function slice(numbers: readonly number[], range: PartialRange): string {
  const part = numbers.slice(...sliceBounds(range, numbers.length));
  return part.length === 0 ? 'NIL' : UidSet.from(part).toString();
}

/**
 * What the answer (and `$`) is about: with MIN, MAX or PARTIAL only those messages. RFC 5182 section 2.4, RFC 4731
 * section 3.2, RFC 9394 section 3.2.
 */
function returnedBy(found: readonly number[], { min, max, all, count, partial }: SearchReturn): readonly number[] {
  if (all || (count && !partial) || (!min && !max && !partial) || found.length === 0) return found;
  const picked = new Set<number>(partial ? found.slice(...sliceBounds(partial, found.length)) : []);
  if (min) picked.add(found[0] as number);
  if (max) picked.add(found.at(-1) as number);
  return [...picked].sort((a, b) => a - b);
}

function numbersOf({ map }: MailboxView, uids: readonly number[], uid: boolean): readonly number[] {
  if (uid) return uids;
  let seq = 1;
  return uids.map((each) => {
    seq = map.seq(each, seq);
    return seq;
  });
}

function highestModSeq({ shared }: MailboxView, uids: readonly number[]): number {
  let highest = 0;
  let index = 0;
  for (const uid of uids) {
    index = shared.map.indexOf(uid, index);
    if (shared.map.uids[index] === uid) highest = Math.max(highest, shared.flags.table?.modSeqs[index] ?? 0);
  }
  return highest;
}
