/** Words of logging in: who asks, with what, and what the answer is. */

import type { Account } from './account.ts';
import type { AccountId } from './ids.ts';
import type { LoginSource, Scope } from './login-source.ts';
import type { KeyResponse, SecurityKeyAuthentication } from './security-key.ts';

export { type LoginSource, SCOPES, type Scope } from './login-source.ts';

/** With what somebody has logged in. */
export interface UsedCredential {
  readonly kind: 'password' | 'appPassword' | 'token' | 'bearer' | 'scram' | 'external' | 'impersonation' | 'passkey';
  /** Names it where an account can have several: an app password, a passkey, who acts for another; `null` otherwise. */
  readonly id: string | null;
}

/** How a second factor can be given. */
export type SecondFactorMethod = 'totp' | 'securityKey' | 'recoveryCode';

/** Second factors of an account; a `custom` one is asked for by the program that lets people in. */
export type SecondFactorKind = SecondFactorMethod | 'custom';

/** A second factor as it is given: six digits, a recovery code, or what a security key has answered. */
export type SecondFactor =
  | { readonly method: 'totp' | 'recoveryCode'; readonly code: string }
  | {
      readonly method: 'securityKey';
      /** To the options that {@link SecurityKeyAuthentication.beginSecondFactor} gave for the same ticket. */
      readonly response: KeyResponse;
    };

/**
 * Why an attempt was refused.
 *
 * - `credentials`: unknown account or wrong password; never says which.
 * - `rateLimited`: too many attempts failed, from this address or for this account; `retryAfterMs` says how long.
 *
 * All others are told only to who has given a right credential:
 *
 * - `appPasswordRequired`: the account has a second factor, and this protocol, or this program, cannot ask for it.
 * - `scope`: the app password is not for this protocol.
 * - `network`: the app password is not for this address.
 * - `impersonation`: nobody may act for that account, or not this one.
 * - `expired`: the app password's or the temporary password's time is over.
 * - `mustChange`: the password must be changed first, which this protocol cannot do.
 * - `disabled`, `suspended`: the account is switched off; or nobody may log in, though mail still arrives.
 * - `secondFactor`: the second factor was wrong; the ticket stays good for other tries.
 * - `ticket`: the ticket is unknown, used, or its time is over.
 */
export type RefusalReason =
  | 'credentials'
  | 'rateLimited'
  | 'appPasswordRequired'
  | 'scope'
  | 'network'
  | 'impersonation'
  | 'expired'
  | 'mustChange'
  | 'disabled'
  | 'suspended'
  | 'secondFactor'
  | 'ticket';

/** The answer to an attempt. */
export type LoginOutcome =
  | {
      readonly kind: 'granted';
      readonly account: Account;
      readonly credential: UsedCredential;
      /** The password is a temporary one, or must be changed for another reason. */
      readonly mustChange: boolean;
    }
  | {
      readonly kind: 'needsSecondFactor';
      /** Good for one login, for five minutes. */
      readonly ticket: string;
      readonly methods: readonly SecondFactorMethod[];
    }
  | {
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      /** With `rateLimited`. */
      readonly retryAfterMs?: number;
    };

/** An app password, without the password. */
export interface AppPassword {
  /** Names it within its account. */
  readonly id: string;
  readonly description: string;
  readonly scopes: readonly Scope[];
  /** Networks it can be used from, such as `192.0.2.0/24`; empty for all. */
  readonly networks: readonly string[];
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Milliseconds since 1970, or `null` for never. */
  readonly expires: number | null;
  readonly lastUse: { readonly time: number; readonly address: string; readonly scope: Scope } | null;
}

/** What is to be made. */
export interface AppPasswordOptions {
  /** At most 255 characters. @defaultValue `''` */
  readonly description?: string;
  /** At least one. */
  readonly scopes: readonly Scope[];
  /** @defaultValue all */
  readonly networks?: readonly string[];
  /** @defaultValue never */
  readonly expires?: Date | null;
}

/** What tokens are for; what each role may do is said by the API (`eider/rest`). `root` may do everything. */
export const TOKEN_ROLES = [
  'root',
  'account',
  'manager',
  'webmail',
  'auth',
  'tokenAuth',
  'attachments',
  'audit',
  'auditclient',
  'export',
  'settings',
  'downloader',
] as const;

/** A role of {@link TOKEN_ROLES}; `account` may what the account itself may. */
export type TokenRole = (typeof TOKEN_ROLES)[number];

/** A token for programs, without the token. */
export interface AccessToken {
  readonly id: string;
  readonly description: string;
  readonly role: TokenRole;
  /** Of role `account`. */
  readonly account: AccountId | null;
  readonly created: number;
  readonly expires: number | null;
}

/** Whether and how an account can be used. */
export interface AccountStatus {
  /** No login, and no mail is taken. */
  readonly disabled: boolean;
  /** No login; mail still arrives. */
  readonly suspended: boolean;
  /** The password is to be changed at the next login. */
  readonly mustChange: boolean;
  /** A temporary password ends then; milliseconds since 1970. */
  readonly passwordExpires: number | null;
  /** Second factors that are on. */
  readonly secondFactors: readonly SecondFactorKind[];
  /** Protocols that the account is not for, whatever credential opens it: refused as `scope`. */
  readonly disabledScopes: readonly Scope[];
}

/** Attempts of one kind within one hour. */
export interface LoginRecord {
  /** Of the first, in milliseconds since 1970. */
  readonly time: number;
  readonly scope: Scope;
  readonly address: string;
  readonly client: string | null;
  /**
   * `copiedKey`: the answer of a security key was right, but its count did not rise, as if there were two of it. Who
   * asked was told `secondFactor`, or `credentials` for a passkey.
   */
  readonly outcome: 'granted' | 'needsSecondFactor' | 'copiedKey' | RefusalReason;
  readonly credential: UsedCredential | null;
  /** How many there were. */
  readonly count: number;
}

/** What a client is told when its token is refused, so that it can get another. RFC 7628 section 3.2.2. */
export interface BearerHints {
  /** The OAuth scope that opens this service. */
  readonly scope?: string;
  /** An https URL: the OpenID configuration of who issues tokens. */
  readonly openidConfiguration?: string;
}

/** A login by SCRAM-SHA-256, in which the password never crosses the wire. RFC 5802. */
export interface ScramLogin {
  /** Makes up salts for names that are no account's. */
  readonly secret: Buffer;
  /** What a client's proof is compared with; `null` for nobody, which the client must not notice. To be asked once. */
  keys(authcid: string): Promise<{
    readonly salt: Buffer;
    readonly iterations: number;
    readonly storedKey: Buffer;
    readonly serverKey: Buffer;
  } | null>;
  /** The proof was right. */
  proven(authcid: string): Promise<LoginOutcome>;
  /** It was not, or did not come so far. */
  failed(authcid: string | null): Promise<LoginOutcome>;
}

/** Answers for accounts. */
export interface Authentication extends SecurityKeyAuthentication {
  /**
   * Tries a name with a password or an app password.
   *
   * @throws `BUSY` when too many passwords wait to be compared, `UNAVAILABLE`.
   */
  authenticate(name: string, password: string, source: LoginSource): Promise<LoginOutcome>;
  /** Ends a login that needs a second factor. @throws `UNSUPPORTED` for a security key without a relying party. */
  completeLogin(ticket: string, factor: SecondFactor, source: LoginSource): Promise<LoginOutcome>;
  /** Tries a one-time password or a recovery code of who has logged in already: whether it is right, or how long to wait. */
  checkCode(
    account: AccountId,
    factor: { readonly method: 'totp' | 'recoveryCode'; readonly code: string },
    source: LoginSource,
  ): Promise<{ readonly right: boolean; readonly retryAfterMs: number }>;
  /**
   * Lets in by a passkey, without a name and a password; it counts as both factors. Refuses with `credentials` whatever
   * is wrong with the answer.
   *
   * @param response to the options that {@link SecurityKeyAuthentication.beginPasskey} gave
   * @throws `UNSUPPORTED` without a relying party.
   * @see W3C Web Authentication Level 3, section 7.2
   */
  completePasskey(response: KeyResponse, source: LoginSource): Promise<LoginOutcome>;
  /**
   * Tries a token of somebody else's, such as an OAuth access token. Refused with `credentials` when the store was
   * opened without `bearer`.
   *
   * @param authzid whose mail is wanted, when the client says
   */
  authenticateBearer(token: string, authzid: string | null, source: LoginSource): Promise<LoginOutcome>;
  /** What clients are told about bearer tokens; `null` when none are taken. */
  readonly bearer: BearerHints | null;
  /** Whether {@link Authentication.beginScram} gives anything. */
  readonly offersScram: boolean;
  /** Begins a SCRAM login; `null` when the store was opened without `scram`. */
  beginScram(source: LoginSource): Promise<ScramLogin | null>;
  /** Lets who was granted in as somebody else, where `mayImpersonate` allows it. */
  impersonate(granted: LoginOutcome, authzid: string, source: LoginSource): Promise<LoginOutcome>;
  /**
   * Whether a credential that was granted is so still: not revoked, expired, or of an account that was switched off.
   *
   * @param since when it was granted, milliseconds since 1970: before the sessions of the account were ended, it is not
   */
  isValid(account: AccountId, credential: UsedCredential, since?: number): Promise<boolean>;
  /** Ends all sessions of an account, by whatever credential they came in; whoever has one may come again. */
  endSessions(account: AccountId): Promise<void>;

  /**
   * Calls `listener` when credentials of an account were taken back by this process: ask
   * {@link Authentication.isValid} about its sessions. Those of other processes have to ask now and then.
   */
  onRevoked(listener: (account: AccountId) => void): () => void;

  /** Makes an app password. It is told this once: 16 letters in groups of four. @throws `LIMIT_EXCEEDED` above 100, `INVALID_ARGUMENT`. */
  createAppPassword(
    account: AccountId,
    options: AppPasswordOptions,
  ): Promise<AppPassword & { readonly password: string }>;
  appPasswords(account: AccountId): Promise<AppPassword[]>;
  /** Ends sessions that use it too. Resolves with whether it was there. */
  removeAppPassword(account: AccountId, id: string): Promise<boolean>;

  /**
   * Begins to switch TOTP on: nothing changes until {@link Authentication.confirmTotp}.
   *
   * @throws `UNSUPPORTED` when the store has no `secret` to seal it under.
   */
  beginTotp(
    account: AccountId,
    issuer: string,
  ): Promise<{
    /** Base32. */
    readonly secret: string;
    /** For authenticator apps. */
    readonly uri: string;
    /** The URI as a picture, SVG. */
    readonly qr: string;
  }>;
  /** Switches TOTP on; `false` for a wrong code. */
  confirmTotp(account: AccountId, code: string): Promise<boolean>;
  removeTotp(account: AccountId): Promise<void>;
  /**
   * Says that the account has a second factor of somebody else's. From then on the password alone lets in only who has
   * said to ask for it ({@link LoginSource.asksCustomFactor}); app passwords go on, and so does what another second
   * factor lets in.
   *
   * @throws `ACCOUNT_NOT_FOUND`, `BUSY`.
   */
  setCustomFactor(account: AccountId, on: boolean): Promise<void>;
  /** Makes ten recovery codes, each good for one login; older ones are void. They are told this once. */
  createRecoveryCodes(account: AccountId): Promise<string[]>;
  /** How many are left. */
  recoveryCodes(account: AccountId): Promise<number>;

  /** Makes a token. It is told this once. */
  createToken(
    options: { readonly description?: string; readonly expires?: Date | null } & (
      | { readonly role: Exclude<TokenRole, 'account'> }
      | { readonly role: 'account'; readonly account: AccountId }
    ),
  ): Promise<AccessToken & { readonly token: string }>;
  /** The token's meaning, or `null` when it is none, or no more. */
  verifyToken(token: string): Promise<AccessToken | null>;
  tokens(account: AccountId | null): Promise<AccessToken[]>;
  removeToken(account: AccountId | null, id: string): Promise<boolean>;

  status(account: AccountId): Promise<AccountStatus>;
  /** Whether mail is taken for an account, as of a second ago at most: not for one that is disabled. */
  takesMail(account: AccountId): Promise<boolean>;
  /** Changes what is given. Ends sessions and tokens of an account that is switched off. */
  setStatus(
    account: AccountId,
    change: Partial<
      Pick<AccountStatus, 'disabled' | 'suspended' | 'mustChange' | 'passwordExpires' | 'disabledScopes'>
    >,
  ): Promise<AccountStatus>;
  /** Attempts of an account, or of names that are no account's (`null`), the latest first. */
  log(
    account: AccountId | null,
    options?: { readonly limit?: number; readonly before?: number },
  ): Promise<LoginRecord[]>;
}
