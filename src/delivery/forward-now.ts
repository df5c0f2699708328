/** Addresses that only forward: mail for them is in nobody's mailbox, so it is sent while its sender waits. */

import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { EiderError } from '../errors.ts';
import type { DeliveryOutcome, MailTransactionOptions } from '../model/mail-transaction.ts';
import type { ForwardRoute } from '../model/route.ts';
import type { Arrival } from './arrival.ts';
import { takeDaily } from './daily-limit.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { forwardFields, requireNoLoop } from './forwarding.ts';
import { headerFieldsOf } from './outgoing.ts';
import { isPermanent } from './send-error.ts';
import { rewrittenSender } from './sender-rewriting.ts';
import { wireAddress } from './wire-address.ts';

const SEND_TIMEOUT_MS = 120_000;
/** How long a mark counts that says `sending`, in milliseconds: longer than sending takes. */
const SENDING_MS = SEND_TIMEOUT_MS + 30_000;
/** How long a transaction that comes again is known, in milliseconds. */
const SENT_MS = 7 * 86_400_000;

/**
 * Sends a message to all targets of a forwarding address. A transaction with a name goes to each target once, however
 * often it comes; once more only where a process died before it could note that it had sent it, as no message may be
 * lost by that (RFC 5321 section 6.1).
 *
 * @throws `MAIL_LOOP`, `RATE_LIMITED`, `UNAVAILABLE` (for another try), `DELIVERY_REFUSED`.
 */
export async function forwardNow(
  context: DeliveryContext,
  arrival: Arrival,
  { route, recipient }: { readonly route: ForwardRoute; readonly recipient: string },
  { from = '', transactionId }: MailTransactionOptions,
  now: number,
): Promise<DeliveryOutcome> {
  const { send, host = hostname(), rewriteSender } = context.outgoing;
  if (!send) throw new EiderError('UNAVAILABLE', 'nobody sends mail on from here');
  requireNoLoop(headerFieldsOf(arrival), recipient);
  const { vault } = context.store.engine;
  const most = route.forwardsPerDay ?? context.store.defaultLimits.forwardsPerDay ?? Number.POSITIVE_INFINITY;
  const owner = `forward ${createHash('sha256').update(route.matched).digest('base64url')}`;
  if (!(await takeDaily(vault, owner, 'forwards', route.targets.length, most, now))) {
    throw new EiderError('RATE_LIMITED', 'the address forwards more than it may in a day');
  }
  const trace = forwardFields({ recipient, host, id: randomBytes(9).toString('base64url'), now });
  const sender = wireAddress(await rewrittenSender(rewriteSender, from, null));
  const prefix = Buffer.from(trace.text);
  const smtpUtf8 = trace.smtpUtf8 || sender.smtpUtf8 || arrival.content.header.some((octet) => octet > 0x7f);
  for (const to of route.targets) {
    const text = `${transactionId ?? randomBytes(16).toString('hex')} ${arrival.content.digest} ${to}`;
    const key = createHash('sha256').update(text).digest('base64url');
    const place = { owner, kind: 'forwarded', key };
    if (!(await vault.create(place, { value: 'sending', expires: Date.now() + SENDING_MS }))) {
      if ((await vault.get(place))?.value === 'sent') continue;
      throw new EiderError('UNAVAILABLE', `the message is being sent on to ${to}, or was when a process died`);
    }
    const read = (): AsyncIterable<Uint8Array> => joined(prefix, arrival.read());
    const size = prefix.length + arrival.content.size;
    const mail = { id: key, kind: 'forward', account: null, from: sender.address, to, size, smtpUtf8, read } as const;
    await send(mail, AbortSignal.timeout(SEND_TIMEOUT_MS)).catch(async (error: unknown) => {
      // It was not taken over: the next try is the first again.
      await vault.take(place);
      const code = isPermanent(error) ? 'DELIVERY_REFUSED' : 'UNAVAILABLE';
      throw new EiderError(code, `the message could not be sent on to ${to}`, { cause: error });
    });
    await vault.put(place, { value: 'sent', expires: Math.floor(now) + SENT_MS });
  }
  return { recipient, result: 'forwarded', account: null, stored: null, error: null };
}

async function* joined(prefix: Buffer, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield prefix;
  yield* source;
}
