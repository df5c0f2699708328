/** SEARCH. RFC 9051 section 6.4.4, RFC 3501 section 7.2.5, RFC 4731, RFC 5182, RFC 5267, RFC 6203, RFC 7162 section 3.1.5. */

import { UidSet } from '../../model/uid-set.ts';
import type { CommandHandler } from '../command.ts';
import { search as find } from '../find-messages.ts';
import type { MailboxView } from '../mailbox-view.ts';
import { scoreMessages } from '../score-messages.ts';
import { highestModSeq, numbersOf, writeExtended } from '../search-answer.ts';
import { keepUpToDate, requireFreshTag } from '../search-updates.ts';
import type { Session } from '../session.ts';
import { parseSearch } from '../wire/search-program.ts';
import { RETURN_ALL } from '../wire/search-return.ts';

/** Finds messages. */
export const search: CommandHandler = {
  name: 'SEARCH',
  state: 'selected',
  uid: true,
  keepsNumbers: true,
  downloads: true,
  async run(session, { scanner, tag, uid }) {
    const args = parseSearch(scanner);
    const view = session.selected;
    if (args.modSeq) session.enableCondstore();
    requireFreshTag(view, tag, args.returns?.update === true);
    const { modSeq } = view.shared;
    const outcome = await session.work(tag, find(session, view, args)).catch((error: unknown) => {
      // RFC 5182 section 2.1: a SEARCH that fails leaves nothing saved.
      if (args.returns?.save) view.saved = UidSet.empty;
      throw error;
    });
    const { found } = outcome;
    if (args.modSeq) await view.shared.loadFlags();
    // RFC 9051 section 6.4.4: ESEARCH answers every SEARCH.
    const returns = args.returns ?? (session.rev2 ? RETURN_ALL : null);
    const scores = returns?.relevancy
      ? await session.work(tag, scoreMessages(session, view.shared.id, args.key, found))
      : null;
    if (returns) writeExtended(session, view, found, { tag, uid, returns, modSeq: args.modSeq, scores });
    else writeBasic(session, view, found, uid, args.modSeq);
    if (returns?.update) keepUpToDate(session, view, outcome, { tag, uid, modSeq, items: returns.updateItems });
    return { text: 'Searched' };
  },
};

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
