/** A client whose responses are written down, and a server that admits whom the test says. */

import { authenticate } from '../../../src/auth/sasl/authenticate.ts';
import type { SaslContext, SaslCredentials, SaslMechanism } from '../../../src/auth/sasl/mechanism.ts';

type Written = string | Buffer;

/** What was said in an exchange, and how it ended. */
export interface Talk {
  /** The server's challenges. */
  readonly said: string[];
  /** What the server was asked to verify. */
  readonly seen: SaslCredentials[];
  readonly end: { readonly kind: string; readonly reason?: string; readonly authcid?: string | null };
}

/** Holds an exchange with `responses`, the first of which is the initial one; after the last the client cancels. */
export async function talk(
  mechanism: SaslMechanism,
  responses: readonly (Written | null | ((challenge: string) => Written))[],
  options: { readonly admits?: boolean; readonly context?: Partial<SaslContext> } = {},
): Promise<Talk> {
  const said: string[] = [];
  const seen: SaslCredentials[] = [];
  const [initial, ...rest] = responses;
  const end = await authenticate(
    mechanism,
    { channelBindings: [], ...options.context },
    initial === null ? null : Buffer.from(initial as Written),
    {
      ask: async (challenge) => {
        said.push(challenge.toString());
        const response = rest.shift();
        if (response === undefined || response === null) return null;
        return Buffer.from(typeof response === 'function' ? response(challenge.toString()) : response);
      },
      admit: async (credentials) => {
        seen.push(credentials);
        return options.admits === false ? null : 'somebody';
      },
    },
  );
  return { said, seen, end };
}
