/** Chooses the certificate of a TLS handshake by the name that the client asks for. */

import { createSecureContext, type SecureContext } from 'node:tls';
import { isEiderError } from '../errors.ts';
import type { TlsCertificates } from '../model/tls-certificate.ts';

/** How long what was looked up is used, in milliseconds: a certificate that is replaced is served after that. */
const FRESH_MS = 10_000;
/** Names that are remembered. */
const MAX_REMEMBERED = 1_000;

/** Node.js's `SNICallback`. */
export type CertificateResolver = (
  serverName: string,
  done: (error: Error | null, context?: SecureContext) => void,
) => void;

/**
 * A `SNICallback` over the certificates of a store. A name that has none gets what the server was given as its own; so
 * it is when the store cannot be read, or the key not be opened.
 *
 * @param options.freshMs how long what was looked up is used, in milliseconds. @defaultValue 10,000
 */
export function certificateResolver(
  { certificates }: { readonly certificates: TlsCertificates },
  { freshMs = FRESH_MS }: { readonly freshMs?: number } = {},
): CertificateResolver {
  const remembered = new Map<
    string,
    { readonly until: number; readonly context: Promise<SecureContext | undefined> }
  >();
  const look = async (name: string): Promise<SecureContext | undefined> => {
    try {
      const material = await certificates.material(name);
      return material ? createSecureContext({ ...material, minVersion: 'TLSv1.2' }) : undefined;
    } catch (error) {
      if (isEiderError(error)) return undefined;
      throw error;
    }
  };
  return (serverName, done) => {
    const name = serverName.toLowerCase();
    let found = remembered.get(name);
    if (!found || found.until <= Date.now()) {
      remembered.delete(name);
      found = { until: Date.now() + freshMs, context: look(name) };
      remembered.set(name, found);
      const [oldest] = remembered.keys();
      if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    }
    found.context.then(
      (context) => done(null, context),
      (error: Error) => done(error),
    );
  };
}
