/** The mechanisms that a connection can offer. */

import { LOGIN } from './login.ts';
import type { SaslContext, SaslMechanism } from './mechanism.ts';
import { OAUTHBEARER } from './oauth-bearer.ts';
import { PLAIN } from './plain.ts';
import { scramSha256 } from './scram.ts';
import { XOAUTH2 } from './xoauth2.ts';

const SCRAM = scramSha256();
const SCRAM_PLUS = scramSha256({ plus: true });

/**
 * What `context` has the parts for, the strongest first. PLAIN and LOGIN are always among them: whether the connection
 * is one for passwords in the clear is for the protocol to say.
 */
export function offeredMechanisms({ channelBindings, scram, bearer }: SaslContext): SaslMechanism[] {
  return [
    ...(scram && channelBindings.length > 0 ? [SCRAM_PLUS] : []),
    ...(scram ? [SCRAM] : []),
    ...(bearer ? [OAUTHBEARER, XOAUTH2] : []),
    PLAIN,
    LOGIN,
  ];
}
