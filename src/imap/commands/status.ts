/** STATUS. RFC 9051 section 6.3.11. */

import type { CommandHandler } from '../command.ts';
import { noteStatusItems, statusResponse } from '../status-response.ts';
import { parseStatus } from '../wire/status-items.ts';

/** Tells counters of a mailbox without selecting it. */
export const status: CommandHandler = {
  name: 'STATUS',
  state: 'authenticated',
  async run(session, { scanner }) {
    const { mailbox: path, items } = parseStatus(scanner);
    const mailbox = await session.store.mailbox(session.accountId, path);
    noteStatusItems(session, items);
    session.out.write(await statusResponse(session, mailbox, items));
    return { text: 'Status told' };
  },
};
