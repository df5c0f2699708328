/** LOGIN: PLAIN in two messages, for clients that know nothing else. */

import { decodeText } from './decode-text.ts';
import { ask, defineMechanism, failure, MAX_RESPONSE_OCTETS, offer, SUCCESS } from './define-mechanism.ts';
import type { SaslMechanism } from './mechanism.ts';

/**
 * For connections that nobody can listen to. No RFC has it; the challenges are those of draft-murchison-sasl-login-00,
 * each with a NUL at its end. A client may send the name at once, as many do in SMTP.
 */
export const LOGIN: SaslMechanism = defineMechanism('LOGIN', MAX_RESPONSE_OCTETS, function* (_context, initial) {
  const authcid = decodeLine(initial ?? (yield* ask('User Name\0')));
  if (authcid === null) return failure('malformed');
  const password = decodeLine(yield* ask('Password\0'));
  if (password === null) return failure('malformed', authcid);
  const accepted = yield* offer({ kind: 'password', authcid, authzid: null, password });
  return accepted ? SUCCESS : failure('refused', authcid);
});

/** What a person typed: some text without NUL. */
function decodeLine(octets: Buffer): string | null {
  const text = decodeText(octets);
  return text === null || text === '' || text.includes('\0') ? null : text;
}
