/** LOGOUT. RFC 9051 section 6.1.3. */

import type { CommandHandler } from '../command.ts';

/** Ends the session. */
export const logout: CommandHandler = {
  name: 'LOGOUT',
  state: 'any',
  run(session, { scanner }) {
    scanner.end();
    session.unselect();
    session.out.write('* BYE Goodbye\r\n');
    session.close();
    return { text: 'Logged out' };
  },
};
