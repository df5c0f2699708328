/** CAPABILITY. RFC 9051 section 6.1.1. */

import type { CommandHandler } from '../command.ts';
import { capabilityLine } from '../wire/write-response.ts';

/** Lists what the server can do. */
export const capability: CommandHandler = {
  name: 'CAPABILITY',
  state: 'any',
  run(session, { scanner }) {
    scanner.end();
    session.out.write(capabilityLine(session.capabilities));
    return { text: 'Capabilities listed' };
  },
};
