/** Webhooks of filters: who is told of a message, and what. */

import { unfold } from '../mime/header-fields.ts';
import { splitMessage } from '../mime/split-message.ts';
import { decodeField, decodeOctets } from '../mime/text-decoding.ts';
import type { NewOutgoing } from '../store/outbox.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { type Cause, headerFieldsOf, hidesSubject } from './outgoing.ts';

/** Most characters of a field that are told. */
const MAX_FIELD = 1_000;

/**
 * What is posted because of a message: nothing where nobody posts. It waits with the other mail of the account, so it
 * tells nothing that encryption would hide.
 */
export async function webhooksOf(context: DeliveryContext, cause: Cause): Promise<NewOutgoing[]> {
  const { disposition, now } = cause;
  if (!context.outgoing.webhooks || disposition.webhooks.length === 0) return [];
  const octets = Buffer.from(`Content-Type: application/json\r\n\r\n${JSON.stringify(eventOf(cause))}`);
  const content = await splitMessage(octets, context.store.blobs);
  const common = { content, kind: 'webhook', from: '', smtpUtf8: false, created: now, onlyCopy: false } as const;
  return [{ ...common, to: disposition.webhooks }];
}

function eventOf({ arrival, route, recipient, from, rules, disposition, now }: Cause): object {
  const { size, summary } = arrival.content;
  const fields = headerFieldsOf(arrival);
  const field = (name: string): string => {
    const found = fields.findLast((one) => one.name === name);
    return found ? decodeField(unfold(found.value)).trim().slice(0, MAX_FIELD) : '';
  };
  return {
    type: 'message.received',
    timestamp: new Date(now).toISOString(),
    data: {
      user: route.account.id,
      username: route.account.name,
      recipient,
      envelopeFrom: from,
      from: field('from'),
      to: field('to'),
      ...(!hidesSubject(rules) && { subject: field('subject') }),
      messageId: decodeOctets(summary.messageId ?? '').slice(0, MAX_FIELD),
      size,
      junk: disposition.junk,
      stored: disposition.mailbox !== null,
    },
  };
}
