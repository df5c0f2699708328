/** What who runs a store chooses about logging in. */

import type { BearerHints } from '../model/authentication.ts';
import type { RelyingParty } from '../model/security-key.ts';
import type { BearerCheck, ExternalCheck, ImpersonationCheck } from './authenticator.ts';
import type { LoginLimitOptions } from './login-limits.ts';

/** Choices of who runs a store. */
export interface AuthenticationOptions {
  readonly limits?: LoginLimitOptions;
  /** How long the log is kept, in milliseconds. @defaultValue 2592000000, thirty days */
  readonly logMs?: number;
  /** Replaces or precedes the store's own check of the password. */
  readonly external?: ExternalCheck;
  /** Takes bearer tokens, for SASL OAUTHBEARER and XOAUTH2. @defaultValue none are taken */
  readonly bearer?: BearerHints & { readonly verify: BearerCheck };
  /**
   * Offers SCRAM-SHA-256. Its keys are of PBKDF2 and not of Argon2id, so whoever reads the store guesses faster; they are
   * sealed when the store has a `secret`. App passwords need another mechanism. @defaultValue false
   */
  readonly scram?: boolean;
  /** @defaultValue nobody acts for another */
  readonly mayImpersonate?: ImpersonationCheck;
  /** Whom security keys and passkeys take the store for. @defaultValue none: there are no such keys */
  readonly relyingParty?: RelyingParty;
  /** Milliseconds since 1970. @defaultValue `Date.now` */
  readonly now?: () => number;
}
