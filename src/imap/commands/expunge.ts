/** EXPUNGE and UID EXPUNGE. RFC 9051 sections 6.4.3 and 6.4.9, RFC 7162 section 3.2.7. */

import type { UidSet } from '../../model/uid-set.ts';
import type { CommandHandler } from '../command.ts';
import { highestModSeqCode } from '../resync.ts';

/** Removes messages with `\Deleted`: all of them, or those of a set of UIDs. */
export const expunge: CommandHandler = {
  name: 'EXPUNGE',
  state: 'selected',
  uid: true,
  numberless: true,
  async run(session, { scanner, tag, uid }) {
    let uids: UidSet | undefined;
    if (uid) {
      scanner.space();
      uids = session.selected.resolveUids(scanner.sequenceSet());
    }
    scanner.end();
    const view = session.writable;
    if (uids?.isEmpty) return { text: 'Nothing to expunge' };
    const result = await session.work(tag, session.store.expunge(session.accountId, view.shared.id, uids));
    if (result.uids.isEmpty) return { text: 'Expunged' };
    view.shared.applyExpunged(result.uids, result.modSeq);
    view.own(result.modSeq);
    return { text: 'Expunged', code: await highestModSeqCode(session, view) };
  },
};
