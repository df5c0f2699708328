/** Addresses that only forward: mail for them is in nobody's mailbox, so it is sent while its sender waits. */

import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Vault, VaultPlace } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type { DeliveryOutcome, MailTransactionOptions } from '../model/mail-transaction.ts';
import type { ForwardRoute } from '../model/route.ts';
import { type Arrival, joined } from './arrival.ts';
import { takeDaily } from './daily-limit.ts';
import type { DeliveryContext } from './delivery-context.ts';
import { forwardFields, requireNoLoop } from './forwarding.ts';
import { headerFieldsOf, needsUtf8 } from './outgoing.ts';
import { isPermanent } from './send-error.ts';
import { rewrittenSender } from './sender-rewriting.ts';
import { wireAddress } from './wire-address.ts';

const SEND_TIMEOUT_MS = 120_000;
/** After so long, in milliseconds, a process that was sending has died: longer than sending may take. */
const CLAIM_MS = 180_000;
/** How long a transaction that comes again is known, in milliseconds. */
const SENT_MS = 7 * 86_400_000;
const SENDING = 'sending';
const SENT = 'sent';

/** A message to one target, and where it stands how far that is. */
interface Sending {
  readonly to: string;
  readonly place: VaultPlace;
}

/**
 * Sends a message to all targets of a forwarding address, each on its own. A transaction with a name that comes again
 * goes to those alone that have not taken it; to one of those twice when a process has died between the two steps.
 *
 * @throws `MAIL_LOOP`, `RATE_LIMITED`; `UNAVAILABLE` when a target is for another try, else `DELIVERY_REFUSED` when one
 *   refuses.
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
  const most =
    route.forwardsPerDay ?? (await context.store.defaultLimits.inForce()).forwardsPerDay ?? Number.POSITIVE_INFINITY;
  const owner = `forward ${createHash('sha256').update(route.matched).digest('base64url')}`;
  const transaction = `${transactionId ?? randomBytes(16).toString('hex')} ${arrival.content.digest}`;
  const left = await unsent(vault, owner, transaction, route.targets);
  if (!(await takeDaily(vault, owner, 'forwards', left.length, most, now))) {
    throw new EiderError('RATE_LIMITED', 'the address forwards more than it may in a day');
  }
  const trace = forwardFields({ recipient, host, id: randomBytes(9).toString('base64url'), now });
  const sender = wireAddress(await rewrittenSender(rewriteSender, from, null));
  const prefix = Buffer.from(trace.text);
  const smtpUtf8 = trace.smtpUtf8 || sender.smtpUtf8 || needsUtf8(arrival.content.header);
  const read = (): AsyncIterable<Uint8Array> => joined(prefix, arrival.read());
  const size = prefix.length + arrival.content.size;
  const common = { kind: 'forward', account: null, from: sender.address, size, smtpUtf8, read } as const;
  const errors: EiderError[] = [];
  for (const { to, place } of left) {
    const error = await sendOnce(vault, place, () =>
      send({ ...common, id: place.key, to }, AbortSignal.timeout(SEND_TIMEOUT_MS)),
    );
    if (error) errors.push(error);
  }
  const error = errors.find(({ code }) => code === 'UNAVAILABLE') ?? errors[0];
  if (error) throw error;
  return { recipient, result: 'forwarded', account: null, stored: null, error: null };
}

/** The targets that have not taken the message over. */
async function unsent(
  vault: Vault,
  owner: string,
  transaction: string,
  targets: readonly string[],
): Promise<Sending[]> {
  const left: Sending[] = [];
  for (const to of targets) {
    const key = createHash('sha256').update(`${transaction} ${to}`).digest('base64url');
    const place = { owner, kind: 'forwarded', key };
    if ((await vault.get(place))?.value !== SENT) left.push({ to, place });
  }
  return left;
}

/** Sends, unless others are at it; what kept it from that. */
async function sendOnce(vault: Vault, place: VaultPlace, send: () => Promise<void>): Promise<EiderError | null> {
  if (!(await vault.create(place, { value: SENDING, expires: Date.now() + CLAIM_MS }))) {
    return new EiderError('UNAVAILABLE', 'the message is being sent on by others');
  }
  try {
    await send();
  } catch (error) {
    // It was not taken over: the next try is the first again.
    await vault.take(place);
    const code = isPermanent(error) ? 'DELIVERY_REFUSED' : 'UNAVAILABLE';
    return new EiderError(code, 'a target did not take the message over', { cause: error });
  }
  await vault.put(place, { value: SENT, expires: Date.now() + SENT_MS });
  return null;
}
