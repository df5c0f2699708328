/** DELETE. RFC 9051 section 6.3.5. */

import type { CommandHandler } from '../command.ts';

/** Removes a mailbox with its messages; those below it stay. */
export const deleteMailbox: CommandHandler = {
  name: 'DELETE',
  state: 'authenticated',
  async run(session, { scanner }) {
    scanner.space();
    const path = scanner.mailbox();
    scanner.end();
    const mailbox = await session.store.mailbox(session.accountId, path);
    await session.store.deleteMailbox(session.accountId, mailbox.id);
    // A client that deletes what it has selected is back in the authenticated state, not thrown out.
    if (session.view?.shared.id === mailbox.id) session.unselect();
    return { text: 'Deleted' };
  },
};
