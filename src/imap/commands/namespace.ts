/** NAMESPACE. RFC 9051 section 6.3.10. */

import { HIERARCHY_DELIMITER } from '../../model/mailbox.ts';
import type { CommandHandler } from '../command.ts';

/** All mailboxes are the account's own, in one hierarchy. */
export const namespace: CommandHandler = {
  name: 'NAMESPACE',
  state: 'authenticated',
  run(session, { scanner }) {
    scanner.end();
    session.out.write(`* NAMESPACE (("" "${HIERARCHY_DELIMITER}")) NIL NIL\r\n`);
    return { text: 'Namespaces listed' };
  },
};
