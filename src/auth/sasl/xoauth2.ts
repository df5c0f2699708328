/** XOAUTH2: OAUTHBEARER before it had an RFC, as Gmail's and Outlook's clients speak it. */

import type { BearerHints } from '../../model/authentication.ts';
import { decodeText } from './decode-text.ts';
import { ask, defineMechanism, failure, MAX_BEARER_RESPONSE_OCTETS, offer, SUCCESS } from './define-mechanism.ts';
import type { SaslMechanism } from './mechanism.ts';
import { BEARER } from './oauth-bearer.ts';

const MESSAGE = /^user=([^\x00\x01]+)\x01auth=([^\x00\x01]+)\x01\x01$/i;

/** For tokens that are verified elsewhere. Google's description of it is all there is. */
export const XOAUTH2: SaslMechanism = defineMechanism(
  'XOAUTH2',
  MAX_BEARER_RESPONSE_OCTETS,
  function* (context, initial) {
    const [, authzid, auth] = MESSAGE.exec(decodeText(initial ?? (yield* ask(''))) ?? '') ?? [];
    const token = BEARER.exec(auth ?? '')?.[1];
    if (authzid === undefined || token === undefined) {
      yield* ask(refusal('400', context.bearer));
      return failure('malformed');
    }
    if (yield* offer({ kind: 'bearer', authzid, token, host: null, port: null })) return SUCCESS;
    // The client answers with nothing, to be told by the protocol that it failed.
    yield* ask(refusal('401', context.bearer));
    return failure('refused');
  },
);

function refusal(status: string, hints: BearerHints = {}): string {
  return JSON.stringify({ status, schemes: 'bearer', scope: hints.scope });
}
