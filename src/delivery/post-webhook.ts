/**
 * Posts webhooks: signed, to public addresses only, without following anybody elsewhere. Header fields and signature are
 * those of Standard Webhooks.
 */

import { createHmac } from 'node:crypto';
import { type LookupAddress, lookup } from 'node:dns';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { EiderError } from '../errors.ts';
import { NetworkList } from '../model/networks.ts';
import type { OutgoingMail, SendMail } from '../model/outgoing-mail.ts';
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
const TIMEOUT_MS = 10_000;
/** Of an answer no more is read. */
const MAX_ANSWER = 16_384;
const GONE = 410;

/** Where nobody from outside has any business. RFC 6890. */
const PRIVATE: NetworkList = new NetworkList([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...[
    '192.0.2.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/3',
  ],
  // With those in which an IPv4 address may be hidden.
  ...['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', 'fc00::/7'],
  ...['fe80::/10', 'fec0::/10', 'ff00::/8'],
]);

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
    const body = await eventOf(mail);
    const url = new URL(mail.to);
    if (!allowPrivate && PRIVATE.has(url.hostname.replace(/^\[|\]$/g, ''))) throw forbidden();
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      ...signed(mail.id, body, secret),
    };
    // No agent: a connection that was left open by others was not looked at.
    const options = { method: 'POST', headers, agent: false, ...(!allowPrivate && { lookup: publicLookup }) } as const;
    const posted = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
    const status = await answerOf(posted, body, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    if (status >= 200 && status < 300) return;
    throw new SendError(`the webhook has answered ${status}`, { permanent: status === GONE });
  };
}

function signed(id: string, body: Buffer, secret: Uint8Array | undefined): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const common = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (!secret) return common;
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return { ...common, 'webhook-signature': `v1,${signature}` };
}

/** What is posted: the body of the mail that stands for it. */
async function eventOf(mail: OutgoingMail): Promise<Buffer> {
  const octets = await buffer(mail.read());
  return octets.subarray(octets.indexOf('\r\n\r\n') + 4);
}

/** The status of the answer, whose body nobody wants. */
function answerOf(posted: ClientRequest, body: Buffer, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      posted.destroy();
      reject(
        error instanceof SendError
          ? error
          : new SendError(`the webhook cannot be reached: ${error.message}`, { permanent: false, cause: error }),
      );
    };
    const stop = (): void => fail(new Error('no answer in time'));
    signal.addEventListener('abort', stop, { once: true });
    posted.on('error', fail);
    posted.on('response', (answer) => {
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER) answer.destroy();
      });
      answer.on('error', () => {});
      answer.on('close', () => signal.removeEventListener('abort', stop));
      resolve(answer.statusCode ?? 0);
    });
    posted.end(body);
  });
}

/** The address that is connected to is the one that was looked at: a name cannot change its mind in between. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const found = (addresses as LookupAddress[] | undefined) ?? [];
    const open = found.filter(({ address }) => isIP(address) !== 0 && !PRIVATE.has(address));
    if (error) callback(error, '', 0);
    else if (open.length === 0) callback(forbidden(), '', 0);
    else if (options.all) callback(null, open);
    else callback(null, (open[0] as LookupAddress).address, (open[0] as LookupAddress).family);
  });
};

function forbidden(): SendError {
  return new SendError('the webhook is at an address that is not public', { permanent: true });
}
