/** SORT. RFC 5256, RFC 5267 section 3, RFC 5957, RFC 6203 section 6, RFC 7162 section 3.1.9. */

import { UidSet } from '../../model/uid-set.ts';
import type { CommandHandler } from '../command.ts';
import { findMessages } from '../find-messages.ts';
import { scoreMessages } from '../score-messages.ts';
import { highestModSeq, numbersOf, writeExtended } from '../search-answer.ts';
import { sortMessages } from '../sort-keys.ts';
import { Turns } from '../turns.ts';
import { parseSort } from '../wire/sort-args.ts';
import { quoted } from '../wire/write-string.ts';

/** Finds messages and puts them in order. */
export const sort: CommandHandler = {
  name: 'SORT',
  state: 'selected',
  uid: true,
  keepsNumbers: true,
  downloads: true,
  async run(session, { scanner, tag, uid }) {
    const args = parseSort(scanner);
    const view = session.selected;
    const { returns, modSeq, criteria, key } = args;
    if (modSeq) session.enableCondstore();
    const scored = returns?.relevancy || criteria.some((criterion) => criterion.key === 'RELEVANCY');
    const work = findMessages(session, view, args).then(async (found) => {
      const scores = scored ? await scoreMessages(session, view.shared.id, key, found) : null;
      return { sorted: await sortMessages(session, view, found, criteria, new Turns(), scores), scores };
    });
    const { sorted, scores } = await session.work(tag, work).catch((error: unknown) => {
      if (returns?.save) view.saved = UidSet.empty;
      throw error;
    });
    if (modSeq) await view.shared.loadFlags();
    if (returns) {
      writeExtended(session, view, sorted, { tag, uid, returns, modSeq, scores: returns.relevancy ? scores : null });
    } else {
      const numbers = numbersOf(view, sorted, uid);
      const highest = modSeq && sorted.length > 0 ? ` (MODSEQ ${highestModSeq(view, sorted)})` : '';
      session.out.write(`* SORT${numbers.length > 0 ? ` ${numbers.join(' ')}` : ''}${highest}\r\n`);
    }
    // RFC 5267 section 4.3.1: to keep an order up to date is more than is offered.
    if (returns?.update) session.out.write(`* NO [NOUPDATE ${quoted(tag)}] Only searches are kept up to date\r\n`);
    return { text: 'Sorted' };
  },
};
