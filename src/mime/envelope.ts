/** IMAP ENVELOPE of a header, ready to send. RFC 9051 section 7.5.2. */

import { type Address, parseAddresses } from './addresses.ts';
import { type HeaderField, unfold } from './header-fields.ts';
import { imapNString } from './imap-string.ts';

const NAMES = new Set([
  'date',
  'subject',
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'in-reply-to',
  'message-id',
]);

/** Envelope of a message without any field of it. */
export const EMPTY_ENVELOPE = '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)';

/**
 * The envelope with its parentheses; octets in a string. Of a string field that is there twice, the last counts;
 * address fields are put together, so that none can hide behind another.
 */
export function formatEnvelope(fields: readonly HeaderField[]): string {
  const values = new Map<string, string>();
  for (const { name, value } of fields) {
    if (!NAMES.has(name)) continue;
    const before = isAddressField(name) ? values.get(name) : undefined;
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  const string = (name: string): string => {
    const value = values.get(name);
    return imapNString(value === undefined ? null : unfold(value));
  };
  const addresses = (name: string): string => formatAddresses(values.get(name));
  const from = addresses('from');
  const orFrom = (list: string): string => (list === 'NIL' ? from : list);
  return (
    `(${string('date')} ${string('subject')} ${from} ${orFrom(addresses('sender'))} ${orFrom(addresses('reply-to'))} ` +
    `${addresses('to')} ${addresses('cc')} ${addresses('bcc')} ${string('in-reply-to')} ${string('message-id')})`
  );
}

function isAddressField(name: string): boolean {
  return name !== 'date' && name !== 'subject' && name !== 'in-reply-to' && name !== 'message-id';
}

function formatAddresses(value: string | undefined): string {
  if (value === undefined) return 'NIL';
  let list = '';
  for (const address of parseAddresses(unfold(value))) list += formatAddress(address);
  return list === '' ? 'NIL' : `(${list})`;
}

function formatAddress({ name, route, mailbox, host }: Address): string {
  return `(${imapNString(name)} ${imapNString(route)} ${imapNString(mailbox)} ${imapNString(host)})`;
}
