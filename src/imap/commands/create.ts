/** CREATE. RFC 9051 section 6.3.4, RFC 8474 section 4.2. */

import { formatMailboxId } from '../../model/ids.ts';
import type { CommandHandler } from '../command.ts';

/** Makes a mailbox. */
export const create: CommandHandler = {
  name: 'CREATE',
  state: 'authenticated',
  async run(session, { scanner }) {
    scanner.space();
    const path = scanner.mailbox();
    scanner.end();
    const mailbox = await session.store.createMailbox(session.accountId, path);
    return { text: 'Created', code: `MAILBOXID (${formatMailboxId(mailbox.id)})` };
  },
};
