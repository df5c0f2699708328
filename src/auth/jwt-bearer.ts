/** Bearer tokens that are JWTs of an issuer with published keys, as company sign-on and OAuth servers give them. RFC 7519. */

import { EiderError } from '../errors.ts';
import type { BearerCheck } from './authenticator.ts';

/** Whose tokens are taken. */
export interface JwtBearerOptions {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  /** The `aud` that they must have: this service. */
  readonly audience: string;
  /** Where its keys are: an https URL of a JSON Web Key Set, RFC 7517. They are fetched when they are needed, and kept. */
  readonly jwks: string;
  /** Which claim names the account, by name or address. @defaultValue `email`, and only when `email_verified` is not false */
  readonly claim?: string;
}

/** Signatures by a key of the issuer's; never a shared secret, and never none. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const MAX_SKEW_SECONDS = 60;

/**
 * A verifier for `authentication.bearer`. Needs the package `jose`.
 *
 * @throws `INVALID_ARGUMENT` when `jwks` is no https URL (or one of this machine); `UNSUPPORTED`, at the first token,
 *   without `jose`; `UNAVAILABLE`, at a token, when the keys cannot be fetched.
 */
export function jwtBearer({ issuer, audience, jwks, claim = 'email' }: JwtBearerOptions): BearerCheck {
  const url = requireUrl(jwks);
  let keys: ReturnType<typeof import('jose').createRemoteJWKSet> | null = null;
  return async (token) => {
    const jose = await import('jose').catch((error: unknown) => {
      throw new EiderError('UNSUPPORTED', 'JWTs need the package jose', { cause: error });
    });
    keys ??= jose.createRemoteJWKSet(url);
    try {
      const { payload } = await jose.jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: MAX_SKEW_SECONDS,
        requiredClaims: ['exp', claim],
      });
      const name = payload[claim];
      const unproven = claim === 'email' && payload.email_verified === false;
      return typeof name === 'string' && !unproven ? name : null;
    } catch (error) {
      if (isAbout(error, jose)) return null;
      throw new EiderError('UNAVAILABLE', 'the keys of the issuer cannot be fetched', { cause: error });
    }
  };
}

/** Whether an error is about the token, and not about where the keys are. */
function isAbout(error: unknown, { errors }: typeof import('jose')): boolean {
  return (
    error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && error.code !== 'ERR_JOSE_GENERIC'
  );
}

function requireUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const local = url?.hostname === 'localhost' || url?.hostname === '127.0.0.1' || url?.hostname === '[::1]';
  if (url?.protocol !== 'https:' && !(local && url?.protocol === 'http:')) {
    throw new EiderError('INVALID_ARGUMENT', 'the keys of an issuer are at an https URL');
  }
  return url as URL;
}
