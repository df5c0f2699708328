/** SCRAM: both sides show that they know the password, and neither says it. */

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ask, defineMechanism, failure, MAX_RESPONSE_OCTETS, offer, SUCCESS } from './define-mechanism.ts';
import type { ChannelBinding, SaslMechanism } from './mechanism.ts';
import { madeUpKeys } from './scram-keys.ts';
import { type ClientFirst, parseClientFinal, parseClientFirst } from './scram-messages.ts';

/** Options of {@link scramSha256}. */
export interface ScramOptions {
  /** Whether the mechanism is SCRAM-SHA-256-PLUS, which binds to the TLS connection. @defaultValue false */
  readonly plus?: boolean;
  /** The server's part of the nonce: printable ASCII without a comma, new each time. @defaultValue 24 random octets */
  readonly nonce?: () => string;
}

/** SCRAM-SHA-256, or SCRAM-SHA-256-PLUS. @see RFC 5802, RFC 7677. */
export function scramSha256(options: ScramOptions = {}): SaslMechanism {
  const { plus = false, nonce: makeNonce = () => randomBytes(24).toString('base64') } = options;
  const name = plus ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
  return defineMechanism(name, MAX_RESPONSE_OCTETS, async function* (context, initial) {
    const source = context.scram;
    if (!source) return failure('unsupported');
    const first = parseClientFirst(initial ?? (yield* ask('')));
    if (!first) return failure('malformed');
    if (first === 'extension') {
      yield* ask('e=extensions-not-supported');
      return failure('unsupported');
    }
    const { authcid, authzid } = first;
    const bound = boundData(first, plus, context.channelBindings);
    if (!bound) return failure('channel-binding', authcid);

    const known = await source.keys(authcid);
    const keys = known ?? madeUpKeys(authcid, source.secret, source.iterations);
    const nonce = first.nonce + makeNonce();
    const serverFirst = `r=${nonce},s=${keys.salt.toString('base64')},i=${keys.iterations}`;
    const final = parseClientFinal(yield* ask(serverFirst));
    if (!final || final.nonce !== nonce) return failure('malformed', authcid);
    const binding = Buffer.concat([Buffer.from(first.gs2Header), bound]).toString('base64');
    if (final.binding !== binding) return failure('channel-binding', authcid);

    const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`;
    const clientKey = xor(final.proof, hmac(keys.storedKey, authMessage));
    const proven = timingSafeEqual(createHash('sha256').update(clientKey).digest(), keys.storedKey);
    if (!proven || !known) return failure('refused', authcid);
    const channelBinding = typeof first.binding === 'object' ? first.binding.type : null;
    if (!(yield* offer({ kind: 'scram', authcid, authzid, channelBinding }))) return failure('refused', authcid);
    // What IMAP, POP3 and SMTP have no place for in their OK goes as one more challenge, answered by nothing.
    const end = yield* ask(`v=${hmac(keys.serverKey, authMessage).toString('base64')}`);
    return end.length === 0 ? SUCCESS : failure('malformed', authcid);
  });
}

/** What the client must have seen of the connection, nothing for an exchange that is not bound; `null` when they do not agree. */
function boundData({ binding }: ClientFirst, plus: boolean, offered: readonly ChannelBinding[]): Buffer | null {
  if (typeof binding === 'object') {
    return plus ? (offered.find(({ type }) => type === binding.type)?.data ?? null) : null;
  }
  if (plus) return null;
  // RFC 5802 section 6: a client that could bind, and was made to believe that the server cannot, is under attack.
  return binding === 'y' && offered.length > 0 ? null : Buffer.alloc(0);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((octet, at) => octet ^ (b[at] as number)));
}
