/** CREATE. RFC 9051 section 6.3.4, RFC 6154 section 3, RFC 8474 section 4.2. */

import { formatMailboxId } from '../../model/ids.ts';
import { SPECIAL_USES, type SpecialUse } from '../../model/mailbox.ts';
import { announceNormalized } from '../announce-mailbox.ts';
import type { CommandHandler } from '../command.ts';
import { Refusal } from '../refusal.ts';
import type { Scanner } from '../wire/scanner.ts';

/** Makes a mailbox. */
export const create: CommandHandler = {
  name: 'CREATE',
  state: 'authenticated',
  async run(session, { scanner }) {
    scanner.space();
    const path = scanner.mailbox();
    const specialUse = readSpecialUse(scanner);
    scanner.end();
    const { store, accountId } = session;
    if (specialUse) await refuseTaken(store.mailboxes(accountId), specialUse);
    const mailbox = await store.createMailbox(accountId, path, specialUse ? { specialUse } : {});
    session.notifier?.own(mailbox.path);
    announceNormalized(session, scanner.typedMailbox);
    return { text: 'Created', code: `MAILBOXID (${formatMailboxId(mailbox.id)})` };
  },
};

/** ` (USE (\Sent))`. */
function readSpecialUse(scanner: Scanner): SpecialUse | null {
  if (!scanner.trySpace()) return null;
  scanner.expect('(');
  if (scanner.word() !== 'USE') throw new Refusal('BAD', 'That parameter of CREATE is not known');
  scanner.space();
  const uses = scanner.flagList();
  scanner.expect(')');
  const [first, second] = uses;
  if (first === undefined) return null;
  const known = SPECIAL_USES.find((use) => use.toLowerCase() === first.toLowerCase());
  // RFC 6154 section 3: all attributes must be had, or none; a mailbox here has at most one.
  if (!known || second !== undefined) throw refuseUse(uses.join(' '));
  return known;
}

async function refuseTaken(
  mailboxes: Promise<readonly { readonly specialUse: SpecialUse | null }[]>,
  use: SpecialUse,
): Promise<void> {
  if ((await mailboxes).some((mailbox) => mailbox.specialUse === use)) {
    throw new Refusal('NO', 'Another mailbox has that special use', 'USEATTR');
  }
}

function refuseUse(use: string): Refusal {
  return new Refusal('NO', `${use} cannot be had`, 'USEATTR');
}
