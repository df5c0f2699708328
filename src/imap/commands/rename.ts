/** RENAME. RFC 9051 section 6.3.6. */

import { announceRenamed } from '../announce-mailbox.ts';
import type { CommandHandler } from '../command.ts';

/** Renames a mailbox and all below it. */
export const rename: CommandHandler = {
  name: 'RENAME',
  state: 'authenticated',
  async run(session, { scanner }) {
    scanner.space();
    const from = scanner.mailbox();
    const old = scanner.typedMailbox;
    scanner.space();
    const to = scanner.mailbox();
    scanner.end();
    await session.store.renameMailbox(session.accountId, from, to);
    session.notifier?.own(to);
    announceRenamed(session, old, scanner.typedMailbox);
    return { text: 'Renamed' };
  },
};
