/** ESEARCH: a search of several mailboxes. RFC 7377. */

import type { Mailbox } from '../../model/mailbox.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { CommandHandler } from '../command.ts';
import { filterMailboxes } from '../filter-mailboxes.ts';
import { search as find, searchUnselected } from '../find-messages.ts';
import { Refusal } from '../refusal.ts';
import { scoreMessages } from '../score-messages.ts';
import { formatResults, returnedBy, returnsNothing, scoresOf } from '../search-answer.ts';
import { keepUpToDate, requireFreshTag } from '../search-updates.ts';
import type { Session } from '../session.ts';
import { type MultiSearchArguments, parseMultiSearch } from '../wire/esearch-args.ts';
import { RETURN_ALL } from '../wire/search-return.ts';
import { formatMailbox, quoted } from '../wire/write-string.ts';

/** Finds messages in any mailboxes. */
export const esearch: CommandHandler = {
  name: 'ESEARCH',
  state: 'authenticated',
  polls: true,
  downloads: true,
  async run(session, { scanner, tag }) {
    const args = parseMultiSearch(scanner);
    requireAllowed(session, args, tag);
    if (args.modSeq) session.enableCondstore();
    const mailboxes = await sourcesOf(session, args);
    await session.work(tag, searchAll(session, mailboxes, args, tag));
    return { text: 'Searched' };
  },
};

/** RFC 7377 section 2.2. @throws Refusal */
function requireAllowed(session: Session, { sources, returns }: MultiSearchArguments, tag: string): void {
  const ofSelected = sources.filter(({ kind }) => kind === 'selected').length;
  if ((ofSelected > 0 || returns?.update) && !session.view) throw new Refusal('BAD', 'No mailbox is selected');
  if ((returns?.save || returns?.update) && ofSelected < sources.length) {
    throw new Refusal('BAD', 'SAVE and UPDATE go with the selected mailbox alone');
  }
  if (session.view) requireFreshTag(session.view, tag, returns?.update === true);
}

async function sourcesOf(session: Session, { sources }: MultiSearchArguments): Promise<Mailbox[]> {
  const account = session.accountId;
  const mailboxes = await session.store.mailboxes(account);
  const subscribed = sources.some(({ kind }) => kind === 'subscribed');
  const named = filterMailboxes(sources, mailboxes, subscribed ? await session.store.subscriptions(account) : []);
  const selected = sources.some(({ kind }) => kind === 'selected') ? session.view?.shared.id : undefined;
  return mailboxes.filter((mailbox) => mailbox.id === selected || named.includes(mailbox));
}

async function searchAll(
  session: Session,
  mailboxes: readonly Mailbox[],
  args: MultiSearchArguments,
  tag: string,
): Promise<void> {
  const returns = args.returns ?? RETURN_ALL;
  const { view } = session;
  for (const mailbox of mailboxes) {
    if (session.closing) return;
    const selected = view && view.shared.id === mailbox.id ? view : null;
    const modSeq = selected?.shared.modSeq ?? 0;
    const outcome = selected ? await find(session, selected, args) : await searchUnselected(session, mailbox, args);
    const { found } = outcome;
    const returned = returnedBy(found, returns);
    if (selected && returns.save) selected.saved = UidSet.from(returned);
    if (selected && returns.update) {
      keepUpToDate(session, selected, outcome, { tag, uid: true, modSeq, items: returns.updateItems });
    }
    // RFC 7377 section 2.1: nothing is said of a mailbox where nothing was found.
    if (found.length === 0 || isSilent(args)) continue;
    const scores = returns.relevancy ? await scoreMessages(session, mailbox.id, args.key, found) : null;
    const data = formatResults(found, returns, {
      modSeq: args.modSeq ? await highestModSeq(session, mailbox, returned) : null,
      scores: scores && scoresOf(scores, found, returns),
    });
    const name = formatMailbox(mailbox.path, session.utf8);
    const correlator = `TAG ${quoted(tag)} MAILBOX ${name} UIDVALIDITY ${mailbox.uidValidity}`;
    session.out.write(`* ESEARCH (${correlator}) UID${data}\r\n`);
    if (session.out.full) await session.out.drain();
  }
}

/** RFC 5182 section 2.1: only saving is answered by the tagged response alone. */
function isSilent({ returns }: MultiSearchArguments): boolean {
  return returns !== null && (returns.save || returns.update) && returnsNothing(returns);
}

async function highestModSeq(session: Session, mailbox: Mailbox, uids: readonly number[]): Promise<number> {
  const { modSeqs } = await session.store.flags(session.accountId, mailbox.id, UidSet.from(uids));
  return modSeqs.reduce((highest, modSeq) => Math.max(highest, modSeq), 0);
}
