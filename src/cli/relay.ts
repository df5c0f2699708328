/** Where a command lets mail out: a mail transfer agent, named by a URL. */

import { SenderRewriter } from '../delivery/sender-rewriting.ts';
import { type SmtpRelayOptions, smtpRelay } from '../delivery/smtp-relay.ts';
import type { OpenStoreOptions } from '../open-store.ts';
import { UsageError } from './command.ts';

type Outgoing = NonNullable<OpenStoreOptions['outgoing']>;

/**
 * `smtp://host`, `smtps://user:password@host:465`.
 *
 * @throws {@link UsageError} for what is no such URL, without the password that may be in it.
 */
export function parseRelay(text: string, host: string | undefined): Outgoing {
  try {
    return { send: smtpRelay({ ...relayOptions(new URL(text)), ...(host && { name: host }) }), ...(host && { host }) };
  } catch {
    throw new UsageError('--relay takes a URL such as smtp://127.0.0.1:25 or smtps://user:password@mx.example.org');
  }
}

/** @throws {@link UsageError} without a secret, `DOMAIN_INVALID`. */
export function rewriteSenders(domain: string, secret: Uint8Array | undefined): Pick<Outgoing, 'rewriteSender'> {
  if (!secret) throw new UsageError('--srs-domain needs a secret in the file that EIDER_SECRET_FILE names');
  return { rewriteSender: new SenderRewriter(domain, secret) };
}

function relayOptions({ protocol, hostname, port, username, password }: URL): SmtpRelayOptions {
  if ((protocol !== 'smtp:' && protocol !== 'smtps:') || hostname === '') throw new Error('no URL of a relay');
  const user = decodeURIComponent(username);
  return {
    // Of IPv6 without its brackets.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(port !== '' && { port: Number(port) }),
    ...(protocol === 'smtps:' && { tls: 'first' as const }),
    ...(user !== '' && { auth: { user, password: decodeURIComponent(password) } }),
  };
}
