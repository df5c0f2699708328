/** CLOSE and UNSELECT. RFC 9051 sections 6.4.1 and 6.4.2. */

import { isEiderError } from '../../errors.ts';
import type { CommandHandler } from '../command.ts';

/** Leaves the mailbox and removes its messages with `\Deleted`, without telling which. */
export const close: CommandHandler = {
  name: 'CLOSE',
  state: 'selected',
  async run(session, { scanner }) {
    scanner.end();
    const { shared, readOnly } = session.selected;
    try {
      const result = readOnly ? null : await session.store.expunge(session.accountId, shared.id);
      if (result && !result.uids.isEmpty) session.watch?.notice(result.modSeq);
    } catch (error) {
      // A mailbox that is gone is closed as well as one can be.
      if (!isEiderError(error, 'MAILBOX_NOT_FOUND')) throw error;
    }
    session.unselect();
    return { text: 'Closed' };
  },
};

/** Leaves the mailbox as it is. */
export const unselect: CommandHandler = {
  name: 'UNSELECT',
  state: 'selected',
  run(session, { scanner }) {
    scanner.end();
    session.unselect();
    return { text: 'Unselected' };
  },
};
