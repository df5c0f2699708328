/** DELETE. RFC 9051 section 6.3.5. */

import { isEiderError } from '../../errors.ts';
import { announceNormalized } from '../announce-mailbox.ts';
import type { CommandHandler } from '../command.ts';

/** Removes a mailbox with its messages; those below it stay. */
export const deleteMailbox: CommandHandler = {
  name: 'DELETE',
  state: 'authenticated',
  async run(session, { scanner }) {
    scanner.space();
    const path = scanner.mailbox();
    scanner.end();
    const account = session.accountId;
    const mailbox = await session.store.mailbox(account, path).catch((error: unknown) => {
      // A level of hierarchy alone: the store says why that cannot be deleted.
      if (isEiderError(error, 'MAILBOX_NOT_FOUND')) return null;
      throw error;
    });
    await session.store.deleteMailbox(account, mailbox?.id ?? path);
    session.notifier?.own(path);
    announceNormalized(session, scanner.typedMailbox, ['\\NonExistent']);
    // A client that deletes what it has selected is back in the authenticated state, not thrown out.
    if (mailbox && session.view?.shared.id === mailbox.id) session.unselect();
    return { text: 'Deleted' };
  },
};
