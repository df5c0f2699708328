/** Authentication over a store's records: everything that has to do with logging in, behind one face. */

import type { Sealer } from '../crypto/sealer.ts';
import type { Vault } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import type {
  AccessToken,
  AccountStatus,
  AppPassword,
  AppPasswordOptions,
  Authentication,
  BearerHints,
  LoginOutcome,
  LoginRecord,
  LoginSource,
  ScramLogin,
  SecondFactor,
  TokenRole,
  UsedCredential,
} from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';
import type { KeyCreationOptions, KeyRequestOptions, KeyResponse, SecurityKey, U2fKey } from '../model/security-key.ts';
import { AccessTokens } from './access-tokens.ts';
import { AccountSecurityKeys } from './account-security-keys.ts';
import { AccountStatuses } from './account-statuses.ts';
import { AppPasswords } from './app-passwords.ts';
import type { AuthenticationOptions } from './authentication-options.ts';
import { Authenticator, type PasswordChecks } from './authenticator.ts';
import type { LoginDirectory } from './login-directory.ts';
import { LoginLimits } from './login-limits.ts';
import { DEFAULT_LOG_MS, LoginLog } from './login-log.ts';
import { LoginTickets } from './login-tickets.ts';
import { OneTimePasswords } from './one-time-passwords.ts';
import { RecoveryCodes } from './recovery-codes.ts';
import { ScramAttempt, ScramLogins } from './scram-logins.ts';
import { SecurityKeyLogin } from './security-key-login.ts';

/** What an {@link Authentication} is made of. */
export interface AuthenticationParts {
  readonly vault: Vault;
  readonly directory: LoginDirectory;
  readonly passwords: PasswordChecks;
  /** `null`: what must be sealed cannot be switched on. */
  readonly sealer: Sealer | null;
}

const DEFAULT_RECORDS = 100;
const MAX_RECORDS = 1_000;

/** See {@link Authentication}. */
export class StoreAuthentication implements Authentication {
  readonly #directory: LoginDirectory;
  readonly #authenticator: Authenticator;
  readonly #statuses: AccountStatuses;
  readonly #appPasswords: AppPasswords;
  readonly #totp: OneTimePasswords;
  readonly #recovery: RecoveryCodes;
  readonly #keys: SecurityKeyLogin;
  readonly #accountKeys: AccountSecurityKeys;
  readonly #tickets: LoginTickets;
  readonly #tokens: AccessTokens;
  readonly #limits: LoginLimits;
  readonly #scram: ScramLogins | null;
  readonly #log: LoginLog;
  readonly bearer: BearerHints | null;
  readonly #listeners = new Set<(account: AccountId) => void>();

  constructor({ vault, directory, passwords, sealer }: AuthenticationParts, options: AuthenticationOptions = {}) {
    const now = options.now ?? Date.now;
    this.#directory = directory;
    const { verify: _, ...hints } = options.bearer ?? { verify: null };
    this.bearer = options.bearer ? hints : null;
    this.#statuses = new AccountStatuses(vault, directory.factorsSwitched);
    this.#appPasswords = new AppPasswords(vault, now);
    this.#totp = new OneTimePasswords(vault, sealer, now);
    this.#recovery = new RecoveryCodes(vault);
    this.#keys = new SecurityKeyLogin(vault, options.relyingParty ?? null, now);
    this.#tickets = new LoginTickets(vault, now);
    this.#tokens = new AccessTokens(vault, now);
    this.#log = new LoginLog(vault, options.logMs ?? DEFAULT_LOG_MS, now);
    this.#limits = new LoginLimits(vault, options.limits ?? {}, now);
    this.#scram = options.scram ? new ScramLogins(vault, sealer) : null;
    this.#accountKeys = new AccountSecurityKeys({
      login: this.#keys,
      statuses: this.#statuses,
      tickets: this.#tickets,
      requireAccount: (account) => this.#require(account),
      revoked: (account) => this.#revoked(account),
    });
    this.#authenticator = new Authenticator({
      directory,
      passwords,
      statuses: this.#statuses,
      appPasswords: this.#appPasswords,
      totp: this.#totp,
      recovery: this.#recovery,
      keys: this.#keys,
      tickets: this.#tickets,
      limits: this.#limits,
      proven: async (account, password) => this.#scram?.ensure(account, password),
      log: this.#log,
      external: options.external ?? null,
      bearer: options.bearer?.verify ?? null,
      mayImpersonate: options.mayImpersonate ?? null,
      now,
    });
  }

  async authenticate(name: string, password: string, source: LoginSource): Promise<LoginOutcome> {
    return this.#authenticator.authenticate(name, password, source);
  }

  async authenticateBearer(token: string, authzid: string | null, source: LoginSource): Promise<LoginOutcome> {
    return this.#authenticator.byBearer(token, authzid, source);
  }

  get offersScram(): boolean {
    return this.#scram !== null;
  }

  async beginScram(source: LoginSource): Promise<ScramLogin | null> {
    const logins = this.#scram;
    if (!logins) return null;
    const attempt = new ScramAttempt(logins, this.#directory, (target) => this.#limits.begin(target, source.address));
    const end = (authcid: string | null, proven: boolean): Promise<LoginOutcome> =>
      this.#authenticator.byScram(attempt, authcid, proven, source);
    return {
      secret: await logins.secret(),
      keys: (authcid) => attempt.keys(authcid),
      proven: (authcid) => end(authcid, true),
      failed: (authcid) => end(authcid, false),
    };
  }

  impersonate(granted: LoginOutcome, authzid: string, source: LoginSource): Promise<LoginOutcome> {
    return this.#authenticator.impersonate(granted, authzid, source);
  }

  async completeLogin(ticket: string, factor: SecondFactor, source: LoginSource): Promise<LoginOutcome> {
    return this.#authenticator.complete(ticket, factor, source);
  }

  async isValid(account: AccountId, { kind, id }: UsedCredential, since?: number): Promise<boolean> {
    const status = await this.#statuses.get(account);
    if (since !== undefined && since < status.sessionsSince) return false;
    if (status.disabled || status.suspended || !(await this.#directory.get(account))) return false;
    if (kind === 'appPassword') return id !== null && this.#appPasswords.isValid(account, id);
    if (kind === 'passkey') return id !== null && this.#keys.keys.has(account, id);
    if (kind === 'password' || kind === 'scram') return id === String(status.passwordSerial);
    return true;
  }

  async endSessions(account: AccountId): Promise<void> {
    await this.#require(account);
    await this.#statuses.update(account, () => ({ sessionsSince: Date.now() }));
    this.#revoked(account);
  }

  checkCode(
    account: AccountId,
    factor: Extract<SecondFactor, { readonly code: string }>,
    source: LoginSource,
  ): Promise<{ readonly right: boolean; readonly retryAfterMs: number }> {
    return this.#authenticator.check(account, factor, source);
  }

  onRevoked(listener: (account: AccountId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async createAppPassword(
    account: AccountId,
    options: AppPasswordOptions,
  ): Promise<AppPassword & { readonly password: string }> {
    await this.#require(account);
    return this.#appPasswords.create(account, options);
  }

  appPasswords(account: AccountId): Promise<AppPassword[]> {
    return this.#appPasswords.list(account);
  }

  async removeAppPassword(account: AccountId, id: string): Promise<boolean> {
    const removed = await this.#appPasswords.remove(account, id);
    if (removed) this.#revoked(account);
    return removed;
  }

  async beginTotp(
    account: AccountId,
    issuer: string,
  ): Promise<{ readonly secret: string; readonly uri: string; readonly qr: string }> {
    const { name } = await this.#require(account);
    if ((await this.#statuses.get(account)).secondFactors.includes('totp')) {
      throw new EiderError('INVALID_ARGUMENT', 'one-time passwords are on already: remove them first');
    }
    return this.#totp.begin(account, { issuer, label: name });
  }

  async confirmTotp(account: AccountId, code: string): Promise<boolean> {
    const right = await this.#totp.confirm(account, code);
    if (right && (await this.#statuses.switchFactor(account, 'totp', true))) this.#revoked(account);
    return right;
  }

  async removeTotp(account: AccountId): Promise<void> {
    await this.#statuses.switchFactor(account, 'totp', false);
    await this.#totp.remove(account);
  }

  async setCustomFactor(account: AccountId, on: boolean): Promise<void> {
    await this.#require(account);
    if (await this.#statuses.switchFactor(account, 'custom', on)) this.#revoked(account);
  }

  async createRecoveryCodes(account: AccountId): Promise<string[]> {
    await this.#require(account);
    const codes = await this.#recovery.create(account);
    await this.#statuses.switchFactor(account, 'recoveryCode', true);
    return codes;
  }

  recoveryCodes(account: AccountId): Promise<number> {
    return this.#recovery.left(account);
  }

  beginSecurityKey(account: AccountId, options?: { readonly passkey?: boolean }): Promise<KeyCreationOptions> {
    return this.#accountKeys.beginSecurityKey(account, options);
  }

  finishSecurityKey(account: AccountId, name: string, response: KeyResponse): Promise<SecurityKey> {
    return this.#accountKeys.finishSecurityKey(account, name, response);
  }

  addU2fKey(account: AccountId, name: string, key: U2fKey): Promise<SecurityKey> {
    return this.#accountKeys.addU2fKey(account, name, key);
  }

  securityKeys(account: AccountId): Promise<SecurityKey[]> {
    return this.#accountKeys.securityKeys(account);
  }

  renameSecurityKey(account: AccountId, id: string, name: string): Promise<boolean> {
    return this.#accountKeys.renameSecurityKey(account, id, name);
  }

  removeSecurityKey(account: AccountId, id: string): Promise<boolean> {
    return this.#accountKeys.removeSecurityKey(account, id);
  }

  beginSecondFactor(ticket: string): Promise<KeyRequestOptions> {
    return this.#accountKeys.beginSecondFactor(ticket);
  }

  beginPasskey(): Promise<KeyRequestOptions> {
    return this.#accountKeys.beginPasskey();
  }

  completePasskey(response: KeyResponse, source: LoginSource): Promise<LoginOutcome> {
    return this.#authenticator.passkey(response, source);
  }

  async createToken(
    options: { readonly description?: string; readonly expires?: Date | null } & (
      | { readonly role: Exclude<TokenRole, 'account'> }
      | { readonly role: 'account'; readonly account: AccountId }
    ),
  ): Promise<AccessToken & { readonly token: string }> {
    if (options.role === 'account') await this.#require(options.account);
    return this.#tokens.create({ ...options, account: options.role === 'account' ? options.account : null });
  }

  async verifyToken(token: string): Promise<AccessToken | null> {
    const found = await this.#tokens.verify(token);
    if (!found?.account) return found;
    const { disabled, suspended } = await this.#statuses.get(found.account);
    return disabled || suspended || !(await this.#directory.get(found.account)) ? null : found;
  }

  tokens(account: AccountId | null): Promise<AccessToken[]> {
    return this.#tokens.list(account);
  }

  removeToken(account: AccountId | null, id: string): Promise<boolean> {
    return this.#tokens.remove(account, id);
  }

  async status(account: AccountId): Promise<AccountStatus> {
    await this.#require(account);
    const { passwordSerial: _serial, sessionsSince: _since, ...status } = await this.#statuses.get(account);
    return status;
  }

  async takesMail(account: AccountId): Promise<boolean> {
    return !(await this.#statuses.recent(account, Date.now())).disabled;
  }

  async setStatus(
    account: AccountId,
    change: Partial<
      Pick<AccountStatus, 'disabled' | 'suspended' | 'mustChange' | 'passwordExpires' | 'disabledScopes'>
    >,
  ): Promise<AccountStatus> {
    await this.#require(account);
    const endsSessions = (change.disabledScopes?.length ?? 0) > 0;
    await this.#statuses.update(account, () => ({ ...change, ...(endsSessions && { sessionsSince: Date.now() }) }));
    if (endsSessions) this.#revoked(account);
    if (change.disabled || change.suspended) {
      await this.#tickets.clear(account);
      this.#revoked(account);
    }
    return this.status(account);
  }

  async log(
    account: AccountId | null,
    { limit = DEFAULT_RECORDS, before }: { readonly limit?: number; readonly before?: number } = {},
  ): Promise<LoginRecord[]> {
    return this.#log.read(account, { limit: Math.min(limit, MAX_RECORDS), ...(before !== undefined && { before }) });
  }

  /** What a change of the password ends: tokens, half-done logins, sessions that came in by the old one. */
  async passwordChanged(
    account: AccountId,
    password: string | null,
    { expires = null, mustChange = false }: { readonly expires?: Date | null; readonly mustChange?: boolean } = {},
  ): Promise<void> {
    await this.#scram?.set(account, password);
    await this.#statuses.update(account, ({ passwordSerial }) => ({
      passwordSerial: passwordSerial + 1,
      mustChange,
      passwordExpires: expires?.getTime() ?? null,
    }));
    await this.#tokens.clear(account);
    await this.#tickets.clear(account);
    this.#revoked(account);
  }

  /** Writes what is still to be written. */
  close(): Promise<void> {
    return this.#log.flush();
  }

  async #require(id: AccountId): Promise<{ readonly name: string }> {
    const account = await this.#directory.get(id);
    if (!account) throw new EiderError('ACCOUNT_NOT_FOUND', 'no such account');
    return account;
  }

  #revoked(account: AccountId): void {
    for (const listener of this.#listeners) listener(account);
  }
}
