/** The STATUS response. RFC 9051 section 6.3.11, RFC 7162 section 3.1.7, RFC 8438, RFC 8474, RFC 9208. */

import { DELETED } from '../model/flags.ts';
import { formatMailboxId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import type { Session } from './session.ts';
import type { StatusItem } from './wire/status-items.ts';
import { formatMailbox } from './wire/write-string.ts';

/** STATUS (HIGHESTMODSEQ) switches CONDSTORE on. RFC 7162 section 3.1. */
export function noteStatusItems(session: Session, items: readonly StatusItem[]): void {
  if (items.includes('HIGHESTMODSEQ')) session.enableCondstore();
}

/** `* STATUS path (...)`. */
export async function statusResponse(
  session: Session,
  mailbox: Mailbox,
  items: readonly StatusItem[],
): Promise<string> {
  const reclaimable = items.includes('DELETED-STORAGE') ? await deletedOctets(session, mailbox) : 0;
  const values = items.map(
    (item) => `${item} ${item === 'DELETED-STORAGE' ? reclaimable : itemValue(session, mailbox, item)}`,
  );
  return `* STATUS ${formatMailbox(mailbox.path, session.utf8)} (${values.join(' ')})\r\n`;
}

/** Octets that an EXPUNGE would set free. RFC 9208 section 4.1.4. */
async function deletedOctets(session: Session, mailbox: Mailbox): Promise<number> {
  if (mailbox.deleted === 0) return 0;
  const account = session.accountId;
  const uids = await session.store.search(account, mailbox.id, { key: 'flag', mask: DELETED, set: true });
  let octets = 0;
  for await (const page of session.store.fetchPages(account, mailbox.id, UidSet.fromSorted(uids))) {
    for (const message of page) octets += message.size;
  }
  return octets;
}

function itemValue(session: Session, mailbox: Mailbox, item: Exclude<StatusItem, 'DELETED-STORAGE'>): number | string {
  switch (item) {
    case 'MESSAGES':
      return mailbox.messages;
    case 'RECENT':
      return 0;
    case 'UIDNEXT':
      return mailbox.uidNext;
    case 'UIDVALIDITY':
      return mailbox.uidValidity;
    case 'UNSEEN':
      return mailbox.unseen;
    case 'DELETED':
      return mailbox.deleted;
    case 'SIZE':
      return mailbox.octets;
    case 'HIGHESTMODSEQ':
      return mailbox.highestModSeq;
    case 'MAILBOXID':
      return `(${formatMailboxId(mailbox.id)})`;
    case 'APPENDLIMIT':
      return session.store.maxMessageSize;
  }
}
