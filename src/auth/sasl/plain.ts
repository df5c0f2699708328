/** PLAIN: a name and a password in one message. */

import { decodeText } from './decode-text.ts';
import { ask, defineMechanism, failure, MAX_RESPONSE_OCTETS, offer, SUCCESS } from './define-mechanism.ts';
import type { SaslMechanism } from './mechanism.ts';

/** For connections that nobody can listen to. @see RFC 4616. */
export const PLAIN: SaslMechanism = defineMechanism('PLAIN', MAX_RESPONSE_OCTETS, function* (_context, initial) {
  const message = decodeText(initial ?? (yield* ask('')));
  const [authzid, authcid, password, ...more] = message?.split('\0') ?? [];
  if (!authcid || !password || more.length > 0) return failure('malformed', authcid || null);
  const accepted = yield* offer({ kind: 'password', authcid, authzid: authzid || null, password });
  return accepted ? SUCCESS : failure('refused', authcid);
});
