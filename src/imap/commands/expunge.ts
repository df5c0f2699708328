/** EXPUNGE and UID EXPUNGE. RFC 9051 sections 6.4.3 and 6.4.9. */

import type { UidSet } from '../../model/uid-set.ts';
import type { CommandHandler } from '../command.ts';

/** Removes messages with `\Deleted`: all of them, or those of a set of UIDs. */
export const expunge: CommandHandler = {
  name: 'EXPUNGE',
  state: 'selected',
  uid: true,
  async run(session, { scanner, uid }) {
    let uids: UidSet | undefined;
    if (uid) {
      scanner.space();
      uids = session.selected.resolveUids(scanner.sequenceSet());
    }
    scanner.end();
    const view = session.writable;
    if (uids?.isEmpty) return { text: 'Nothing to expunge' };
    const result = await session.store.expunge(session.accountId, view.shared.id, uids);
    if (!result.uids.isEmpty) {
      view.shared.applyExpunged(result.uids, result.modSeq);
      view.own(result.modSeq);
    }
    return { text: 'Expunged' };
  },
};
