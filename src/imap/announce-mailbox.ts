/** LIST responses that nobody asked for: of the selected mailbox, and of names that became others. RFC 9051. */

import type { Mailbox } from '../model/mailbox.ts';
import { HIERARCHY_DELIMITER, isBelow, normalizePath } from '../model/mailbox.ts';
import { QUOTED_DELIMITER } from './list-mailboxes.ts';
import type { Session } from './session.ts';
import { formatMailbox } from './wire/write-string.ts';

/** Tells a client of IMAP4rev2 which mailbox it has opened. RFC 9051 section 6.3.2. */
export async function announceSelected(session: Session, mailbox: Mailbox, typed: string): Promise<void> {
  if (!session.rev2) return;
  const mailboxes = await session.store.mailboxes(session.accountId);
  const hasChildren = mailboxes.some(({ path }) => isBelow(path, mailbox.path));
  const attributes = [hasChildren ? '\\HasChildren' : '\\HasNoChildren'];
  if (mailbox.specialUse) attributes.push(mailbox.specialUse);
  writeList(session, attributes, mailbox.path, typed);
}

/** Tells a client of IMAP4rev2 when the name that it typed is another one in normal form. RFC 9051 section 6.3.9.7. */
export function announceNormalized(session: Session, typed: string, attributes: readonly string[] = []): void {
  if (session.rev2 && isOtherName(typed)) writeList(session, attributes, normalizePath(typed), typed);
}

/** The same for a mailbox that got another name: of either. RFC 9051 section 6.3.6. */
export function announceRenamed(session: Session, typedOld: string, typedNew: string): void {
  if (!session.rev2 || !(isOtherName(typedOld) || isOtherName(typedNew))) return;
  writeList(session, [], normalizePath(typedNew), typedOld);
}

/** Whether a name is not in normal form; the delimiter at its end is a declaration and none of its parts. */
function isOtherName(typed: string): boolean {
  return withoutDelimiter(typed) !== normalizePath(typed);
}

function writeList(session: Session, attributes: readonly string[], path: string, typed: string): void {
  const name = formatMailbox(path, session.utf8);
  const old = withoutDelimiter(typed) === path ? '' : ` ("OLDNAME" (${formatMailbox(typed, session.utf8)}))`;
  session.out.write(`* LIST (${attributes.join(' ')}) ${QUOTED_DELIMITER} ${name}${old}\r\n`);
}

function withoutDelimiter(name: string): string {
  return name.endsWith(HIERARCHY_DELIMITER) ? name.slice(0, -1) : name;
}
