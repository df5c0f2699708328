/** STARTTLS. RFC 9051 section 6.2.1. */

import type { CommandHandler } from '../command.ts';
import { Refusal } from '../refusal.ts';
import { statusLine } from '../wire/write-response.ts';

/** Switches TLS on. */
export const starttls: CommandHandler = {
  name: 'STARTTLS',
  state: 'notAuthenticated',
  async run(session, { scanner, tag }) {
    scanner.end();
    if (session.connection.secure) throw new Refusal('BAD', 'TLS is on already');
    if (!session.connection.canStartTls) throw new Refusal('BAD', 'TLS is not available');
    session.out.flush();
    await session.connection.startTls(statusLine(tag, 'OK', 'Begin TLS'));
    return null;
  },
};
