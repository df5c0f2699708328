/** Which mailbox may have a special use. */

import type { ReadTransaction } from '../engine/engine.ts';
import { EiderError } from '../errors.ts';
import type { SpecialUse } from '../model/mailbox.ts';

/** RFC 6154 section 3: a special use that cannot be had is refused; one mailbox has it at a time. @throws `MAILBOX_EXISTS`. */
export async function requireFreeUse(tx: ReadTransaction, use: SpecialUse): Promise<void> {
  if ((await tx.mailboxes()).some(({ specialUse }) => specialUse === use)) {
    throw new EiderError('MAILBOX_EXISTS', `another mailbox is ${use} already`);
  }
}
