/**
 * Posts JSON to webhooks: signed, to public addresses only, without following anybody elsewhere. Header fields and
 * signature are those of Standard Webhooks.
 */

import { createHmac } from 'node:crypto';
import { type LookupAddress, lookup } from 'node:dns';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { NetworkList } from '../model/networks.ts';

/** What is posted. */
export interface SignedPost {
  readonly url: string;
  /** Names it: the same in each try. */
  readonly id: string;
  /** JSON. */
  readonly body: Uint8Array;
  /** Each signs it; of several, receivers take the one that they know. */
  readonly secrets: readonly Uint8Array[];
}

/** How it is posted. */
export interface PostOptions {
  /** Whether addresses of this machine and of private networks are posted to. */
  readonly allowPrivate: boolean;
  /** Until an answer has come, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What was answered. */
export interface PostAnswer {
  readonly status: number;
  /** `Retry-After` in milliseconds from now; `null` for none. RFC 9110, section 10.2.3. */
  readonly retryAfterMs: number | null;
}

/** The address is one that nothing is posted to. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';

  constructor() {
    super('the webhook is at an address that is not public');
  }
}

/** The default of a time for an answer, in milliseconds. */
export const TIMEOUT_MS = 10_000;
/** Of an answer no more is read. */
const MAX_ANSWER = 16_384;

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

/** Whether a URL names an address that is not public; of one that names a host nobody knows before it is looked up. */
export function namesPrivateAddress(url: URL): boolean {
  return PRIVATE.has(url.hostname.replace(/^\[|\]$/g, ''));
}

/**
 * Posts, and resolves with the answer, whatever it says.
 *
 * @throws {@link ForbiddenAddressError}, or what the connection fell to.
 */
export async function postSigned(
  { url, id, body, secrets }: SignedPost,
  { allowPrivate, timeoutMs, signal }: PostOptions,
): Promise<PostAnswer> {
  const to = new URL(url);
  if (!allowPrivate && namesPrivateAddress(to)) throw new ForbiddenAddressError();
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    ...signed(id, body, secrets),
  };
  // No agent: a connection that was left open by others was not looked at.
  const options = { method: 'POST', headers, agent: false, ...(!allowPrivate && { lookup: publicLookup }) } as const;
  const posted = to.protocol === 'https:' ? httpsRequest(to, options) : httpRequest(to, options);
  const timeout = AbortSignal.timeout(timeoutMs);
  return answerOf(posted, body, signal ? AbortSignal.any([signal, timeout]) : timeout);
}

function signed(id: string, body: Uint8Array, secrets: readonly Uint8Array[]): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const common = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secrets.length === 0) return common;
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('base64')}`,
  );
  return { ...common, 'webhook-signature': signatures.join(' ') };
}

/** The answer, whose body nobody wants. */
function answerOf(posted: ClientRequest, body: Uint8Array, signal: AbortSignal): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      posted.destroy();
      reject(error);
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
      resolve({ status: answer.statusCode ?? 0, retryAfterMs: retryAfterOf(answer) });
    });
    posted.end(body);
  });
}

function retryAfterOf({ headers }: IncomingMessage): number | null {
  const text = headers['retry-after'];
  if (text === undefined) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

/** The address that is connected to is the one that was looked at: a name cannot change its mind in between. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const found = (addresses as LookupAddress[] | undefined) ?? [];
    const open = found.filter(({ address }) => isIP(address) !== 0 && !PRIVATE.has(address));
    if (error) callback(error, '', 0);
    else if (open.length === 0) callback(new ForbiddenAddressError(), '', 0);
    else if (options.all) callback(null, open);
    else callback(null, (open[0] as LookupAddress).address, (open[0] as LookupAddress).family);
  });
};
