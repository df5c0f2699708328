/** UNAUTHENTICATE. RFC 8437. */

import type { CommandHandler } from '../command.ts';
import { statusLine } from '../wire/write-response.ts';

/** Goes back to the state before login; of what the connection had, only TLS stays. */
export const unauthenticate: CommandHandler = {
  name: 'UNAUTHENTICATE',
  state: 'authenticated',
  async run(session, { scanner, tag }) {
    scanner.end();
    session.unauthenticate();
    const text = 'Nobody is logged in';
    if (!session.connection.compressed) return { text, code: `CAPABILITY ${session.capabilities.join(' ')}` };
    session.out.flush();
    await session.connection.endCompression(statusLine(tag, 'OK', text));
    return null;
  },
};
