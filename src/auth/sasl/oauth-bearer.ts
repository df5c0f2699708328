/** OAUTHBEARER: a token that somebody else issued. */

import type { BearerHints } from '../../model/authentication.ts';
import { decodeText } from './decode-text.ts';
import { ask, defineMechanism, failure, MAX_BEARER_RESPONSE_OCTETS, offer, SUCCESS } from './define-mechanism.ts';
import type { SaslMechanism } from './mechanism.ts';
import { decodeSaslName } from './sasl-name.ts';

/** A token and the word before it. RFC 6750 section 2.1; RFC 7628 section 4: in any case. */
export const BEARER: RegExp = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

const MESSAGE = /^[ny],(?:a=([^,\x00\x01]+))?,\x01((?:[A-Za-z]+=[\t\n\r -~]*\x01)*)\x01$/;

interface BearerMessage {
  readonly authzid: string | null;
  /** What an HTTP client would write in the Authorization field. */
  readonly auth: string;
  readonly host: string | null;
  readonly port: number | null;
}

/** For tokens that are verified elsewhere. @see RFC 7628. */
export const OAUTHBEARER: SaslMechanism = defineMechanism(
  'OAUTHBEARER',
  MAX_BEARER_RESPONSE_OCTETS,
  function* (context, initial) {
    const message = parse(initial ?? (yield* ask('')));
    const token = BEARER.exec(message?.auth ?? '')?.[1];
    if (!message || token === undefined) {
      // RFC 7628 section 4.3: with an empty field a client asks what token it should get.
      yield* ask(refusal(message?.auth === '' ? 'invalid_token' : 'invalid_request', context.bearer));
      return failure(message?.auth === '' ? 'refused' : 'malformed');
    }
    const { authzid, host, port } = message;
    if (yield* offer({ kind: 'bearer', authzid, token, host, port })) return SUCCESS;
    // RFC 7628 section 3.2.3: the client answers with %x01, and whatever it says, the end is the same.
    yield* ask(refusal('invalid_token', context.bearer));
    return failure('refused');
  },
);

function refusal(status: string, hints: BearerHints = {}): string {
  return JSON.stringify({ status, scope: hints.scope, 'openid-configuration': hints.openidConfiguration });
}

function parse(octets: Buffer): BearerMessage | null {
  const [, authzid, pairs] = MESSAGE.exec(decodeText(octets) ?? '') ?? [];
  if (pairs === undefined) return null;
  const values = new Map<string, string>();
  for (const pair of pairs.split('\x01').slice(0, -1)) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, at);
    if (values.has(key)) return null;
    values.set(key, pair.slice(at + 1));
  }
  const auth = values.get('auth');
  const port = values.get('port');
  const host = values.get('host') ?? null;
  if (auth === undefined || (port !== undefined && !/^[1-9]\d{0,4}$/.test(port))) return null;
  const name = authzid === undefined ? null : decodeSaslName(authzid);
  if (name === null && authzid !== undefined) return null;
  return { authzid: name, auth, host, port: port === undefined ? null : Number(port) };
}
