/** NOOP and CHECK: a chance to hear of changes. RFC 9051 section 6.1.2, RFC 3501 section 6.4.1. */

import type { CommandHandler } from '../command.ts';

/** Does nothing but telling what is new. */
export const noop: CommandHandler = {
  name: 'NOOP',
  state: 'any',
  polls: true,
  run(_session, { scanner }) {
    scanner.end();
    return { text: 'Nothing done' };
  },
};

/** The same: what was acknowledged is on the disk already. */
export const check: CommandHandler = {
  name: 'CHECK',
  state: 'selected',
  polls: true,
  run(_session, { scanner }) {
    scanner.end();
    return { text: 'Checked' };
  },
};
