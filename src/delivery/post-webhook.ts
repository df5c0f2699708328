/** Posts the webhooks of filters. */

import { buffer } from 'node:stream/consumers';
import { EiderError } from '../errors.ts';
import type { OutgoingMail, SendMail } from '../model/outgoing-mail.ts';
import { ForbiddenAddressError, type PostAnswer, postSigned, TIMEOUT_MS } from '../net/signed-post.ts';
import { SendError } from './send-error.ts';

/** How webhooks are posted. */
export interface WebhookOptions {
  /** At least 24 octets: what is posted is signed with HMAC-SHA-256, so that receivers know whom it is from. @defaultValue unsigned */
  readonly secret?: Uint8Array;
  /** Whether addresses of this machine and of private networks are posted to, as in a test. @defaultValue `false` */
  readonly allowPrivate?: boolean;
  /** Until an answer has come, in milliseconds. @defaultValue 10,000 */
  readonly timeoutMs?: number;
}

const MIN_SECRET = 24;
const GONE = 410;

/**
 * Makes what posts webhooks. 2xx takes one over; 410 ends it; all else, and no answer in time, leads to another try.
 *
 * @throws `INVALID_ARGUMENT` for a secret that is too short.
 */
export function webhookPoster({ secret, allowPrivate = false, timeoutMs = TIMEOUT_MS }: WebhookOptions): SendMail {
  if (secret && secret.length < MIN_SECRET) {
    throw new EiderError('INVALID_ARGUMENT', `a secret for webhooks has at least ${MIN_SECRET} octets`);
  }
  return async (mail, signal) => {
    const post = { url: mail.to, id: mail.id, body: await eventOf(mail), secrets: secret ? [secret] : [] };
    const { status } = await postSigned(post, { allowPrivate, timeoutMs, signal }).catch(unreachable);
    if (status >= 200 && status < 300) return;
    throw new SendError(`the webhook has answered ${status}`, { permanent: status === GONE });
  };
}

function unreachable(cause: Error): PostAnswer {
  if (cause instanceof ForbiddenAddressError) throw new SendError(cause.message, { permanent: true });
  throw new SendError(`the webhook cannot be reached: ${cause.message}`, { permanent: false, cause });
}

/** What is posted: the body of the mail that stands for it. */
async function eventOf(mail: OutgoingMail): Promise<Buffer> {
  const octets = await buffer(mail.read());
  return octets.subarray(octets.indexOf('\r\n\r\n') + 4);
}
