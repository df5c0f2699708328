/** Decides who is let in: app passwords, the password, second factors, and the limits on guessing. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from '../model/account.ts';
import type {
  AccountStatus,
  LoginOutcome,
  LoginRecord,
  LoginSource,
  RefusalReason,
  SecondFactor,
  SecondFactorMethod,
  UsedCredential,
} from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';
import type { KeyResponse } from '../model/security-key.ts';
import type { AccountStatuses } from './account-statuses.ts';
import type { AppPasswords } from './app-passwords.ts';
import type { LoginAccount, LoginDirectory } from './login-directory.ts';
import type { LoginAttempt, LoginLimits } from './login-limits.ts';
import type { LoginLog } from './login-log.ts';
import { accountTarget, type LoginTarget, nobodyTarget } from './login-target.ts';
import type { LoginTickets, TicketMeaning } from './login-tickets.ts';
import type { OneTimePasswords } from './one-time-passwords.ts';
import type { RecoveryCodes } from './recovery-codes.ts';
import type { ScramAttempt } from './scram-logins.ts';
import type { RightAnswer, SecurityKeyLogin, WrongAnswer } from './security-key-login.ts';

/** Compares passwords. */
export interface PasswordChecks {
  /** Takes as long for `null` as for a hash, also when the same of `who` is asked several times at once. */
  verify(hash: string | null, password: string, who: string): Promise<boolean>;
  /** Whether it is known without any work that the password is right. */
  recalls(hash: string, password: string): boolean;
}

/**
 * Asks somebody else about a name and a password, such as LDAP: the name of the account that is let in, `null` to
 * refuse, `undefined` to leave it to the store. Second factors and states of accounts are the store's all the same.
 */
export type ExternalCheck = (name: string, password: string, source: LoginSource) => Promise<string | null | undefined>;

/**
 * Verifies a bearer token: the name or address of the account that it opens, or `null`. Whoever issued it has seen to
 * second factors.
 */
export type BearerCheck = (
  token: string,
  request: { readonly authzid: string | null; readonly source: LoginSource },
) => Promise<string | null>;

/** Whether one account may act as another, as an administrator does. Each time is logged. */
export type ImpersonationCheck = (actor: Account, target: Account) => boolean | Promise<boolean>;

/** What an authenticator is made of. */
export interface AuthenticatorParts {
  readonly directory: LoginDirectory;
  readonly passwords: PasswordChecks;
  readonly statuses: AccountStatuses;
  readonly appPasswords: AppPasswords;
  readonly totp: OneTimePasswords;
  readonly recovery: RecoveryCodes;
  readonly keys: SecurityKeyLogin;
  readonly tickets: LoginTickets;
  readonly limits: LoginLimits;
  readonly log: LoginLog;
  /** Told of passwords that were just proven. */
  readonly proven: (account: AccountId, password: string) => Promise<void>;
  readonly external: ExternalCheck | null;
  readonly bearer: BearerCheck | null;
  readonly mayImpersonate: ImpersonationCheck | null;
  readonly now: () => number;
}

/** Protocols that can ask for a second factor. */
const ASKS: readonly LoginSource['scope'][] = ['rest', 'jmap'];
/** Refusals that wait at once before they are told; more are told at once. */
const MAX_WAITING = 1_000;

/** Codes are used up when they are compared. */
const RIGHT: RightAnswer = { right: true, use: () => Promise.resolve(true) };

/** Whom an attempt names. */
interface Named {
  readonly name: string;
  readonly found: LoginAccount | null;
  readonly target: LoginTarget;
}

/** Answers attempts. */
export class Authenticator {
  readonly #parts: AuthenticatorParts;
  #waiting = 0;

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
  }

  /** @throws `BUSY`, `UNAVAILABLE`. */
  async authenticate(name: string, password: string, source: LoginSource): Promise<LoginOutcome> {
    const { directory, appPasswords } = this.#parts;
    const found = await directory.find(name);
    // Before all limits: nobody guesses 75 bits, and nobody shall lock the owner's programs out by guessing his password.
    const target = this.#targetOf(found, name);
    const app = await appPasswords.match(target.owner, password, source);
    if (found && app) return this.#byAppPassword(found.account, app, source);
    return this.#byPassword({ found, target, name }, password, source);
  }

  #targetOf(found: LoginAccount | null, name: string): LoginTarget {
    return found ? accountTarget(found.account.id) : nobodyTarget(this.#parts.directory.normalize(name));
  }

  async byBearer(token: string, authzid: string | null, source: LoginSource): Promise<LoginOutcome> {
    const { bearer, directory, limits, statuses } = this.#parts;
    const attempt = await limits.begin(null, source.address);
    if (attempt.retryAfterMs > 0) return this.#limited(null, source, attempt.retryAfterMs);
    const name = bearer ? await bearer(token, { authzid, source }) : null;
    const account = name === null ? null : ((await directory.find(name))?.account ?? null);
    const wanted = authzid === null || account === null ? account : ((await directory.find(authzid))?.account ?? null);
    // A token opens one account, whatever the client says.
    if (!account || wanted?.id !== account.id) return this.#refuse(null, source, 'credentials', null);
    await attempt.forgive();
    const credential: UsedCredential = { kind: 'bearer', id: null };
    const reason = offReason(await statuses.get(account.id), source);
    if (reason) return this.#refuse(account.id, source, reason, credential);
    return this.#grant(account, source, { credential, mustChange: false });
  }

  /** @param proven whether the client has proven that it knows the password */
  async byScram(
    attempt: ScramAttempt,
    authcid: string | null,
    proven: boolean,
    source: LoginSource,
  ): Promise<LoginOutcome> {
    const account = authcid === null ? null : ((await this.#parts.directory.find(authcid))?.account ?? null);
    if (attempt.retryAfterMs > 0) return this.#limited(account?.id ?? null, source, attempt.retryAfterMs);
    if (!proven || !account) return this.#refuse(account?.id ?? null, source, 'credentials', null, attempt.slowMs);
    await attempt.forgive();
    return this.#remembered(attempt, await this.#entered(account, source, { kind: 'scram', id: null }));
  }

  async impersonate(granted: LoginOutcome, authzid: string, source: LoginSource): Promise<LoginOutcome> {
    if (granted.kind !== 'granted') return granted;
    const { account: actor, credential } = granted;
    const target = (await this.#parts.directory.find(authzid))?.account ?? null;
    if (target?.id === actor.id) return granted;
    const allowed = target !== null && (await this.#parts.mayImpersonate?.(actor, target)) === true;
    if (!allowed) return this.#refuse(actor.id, source, 'impersonation', credential);
    const reason = offReason(await this.#parts.statuses.get(target.id), source);
    const used: UsedCredential = { kind: 'impersonation', id: actor.id };
    if (reason) return this.#refuse(target.id, source, reason, used);
    return this.#grant(target, source, { credential: used, mustChange: false });
  }

  async complete(ticket: string, factor: SecondFactor, source: LoginSource): Promise<LoginOutcome> {
    const { tickets, directory, statuses, keys } = this.#parts;
    if (factor.method === 'securityKey') keys.requireParty();
    const meaning = await tickets.try(ticket);
    const account = meaning && (await directory.get(meaning.account));
    if (!meaning || !account) return this.#refuse(null, source, 'ticket', null);
    const status = await statuses.get(account.id);
    const attempt = await this.#parts.limits.begin(accountTarget(account.id), source.address);
    if (attempt.retryAfterMs > 0) return this.#limited(account.id, source, attempt.retryAfterMs);
    const on = methodsOf(status).includes(factor.method);
    const answer = on ? await this.#answer(account.id, ticket, factor) : null;
    if (!answer?.right) {
      const logged = answer?.copied ? 'copiedKey' : 'secondFactor';
      return this.#refuse(account.id, source, 'secondFactor', meaning.credential, attempt.slowMs, logged);
    }
    if (!(await tickets.spend(ticket))) {
      // Somebody was faster with the same ticket; the factor was right, so it was no guess.
      await attempt.forgive();
      return this.#refuse(account.id, source, 'ticket', meaning.credential);
    }
    if (!(await answer.use(source))) return this.#refuse(account.id, source, 'secondFactor', meaning.credential);
    await attempt.forgive();
    const switchedOff = offReason(status, source);
    if (switchedOff) return this.#refuse(account.id, source, switchedOff, meaning.credential);
    return this.#remembered(attempt, await this.#grant(account, source, meaning));
  }

  /** Compares a code of who is in already. */
  async check(
    account: AccountId,
    factor: Extract<SecondFactor, { readonly code: string }>,
    source: LoginSource,
  ): Promise<{ readonly right: boolean; readonly retryAfterMs: number }> {
    const attempt = await this.#parts.limits.begin(accountTarget(account), source.address);
    if (attempt.retryAfterMs > 0) return { right: false, retryAfterMs: attempt.retryAfterMs };
    const on = methodsOf(await this.#parts.statuses.get(account)).includes(factor.method);
    const right = on && (await this.#answer(account, '', factor)) !== null;
    if (right) await attempt.forgive();
    else await this.#refuse(account, source, 'secondFactor', null, attempt.slowMs);
    return { right, retryAfterMs: 0 };
  }

  /** Lets in by a passkey: who it is of, the key says itself. */
  async passkey(response: KeyResponse, source: LoginSource): Promise<LoginOutcome> {
    const { keys, directory, limits, statuses } = this.#parts;
    keys.requireParty();
    // By address alone: nobody guesses a signature, and nobody shall lock the owner out by sending wrong ones.
    const attempt = await limits.begin(null, source.address);
    if (attempt.retryAfterMs > 0) return this.#limited(null, source, attempt.retryAfterMs);
    const owner = keys.passkeyOwner(response);
    const account = owner && (await directory.get(owner));
    if (!account) return this.#refuse(null, source, 'credentials', null, attempt.slowMs);
    const answer = await keys.answerPasskey(account.id, response);
    if (!answer.right) {
      const logged = answer.copied ? 'copiedKey' : 'credentials';
      return this.#refuse(account.id, source, 'credentials', null, attempt.slowMs, logged);
    }
    if (!(await answer.use(source))) return this.#refuse(account.id, source, 'credentials', null);
    await attempt.forgive();
    const credential: UsedCredential = { kind: 'passkey', id: answer.id };
    const status = await statuses.get(account.id);
    const switchedOff = offReason(status, source);
    if (switchedOff) return this.#refuse(account.id, source, switchedOff, credential);
    return this.#grant(account, source, { credential, mustChange: status.mustChange });
  }

  async #answer(account: AccountId, ticket: string, factor: SecondFactor): Promise<RightAnswer | WrongAnswer | null> {
    const { totp, recovery, keys } = this.#parts;
    if (factor.method === 'securityKey') return keys.answerSecondFactor(account, ticket, factor.response);
    const { method, code } = factor;
    const right = method === 'totp' ? await totp.verify(account, code) : await recovery.use(account, code);
    return right ? RIGHT : null;
  }

  async #byAppPassword(
    account: Account,
    { id, refused }: { readonly id: string; readonly refused: RefusalReason | null },
    source: LoginSource,
  ): Promise<LoginOutcome> {
    const credential: UsedCredential = { kind: 'appPassword', id };
    const reason = offReason(await this.#parts.statuses.get(account.id), source) ?? refused;
    if (reason) return this.#refuse(account.id, source, reason, credential);
    await this.#parts.appPasswords.used(account.id, id, source);
    return this.#grant(account, source, { credential, mustChange: false });
  }

  async #byPassword({ found, target, name }: Named, password: string, source: LoginSource): Promise<LoginOutcome> {
    const { passwords, limits, external, directory } = this.#parts;
    if (!external && found?.passwordHash && passwords.recalls(found.passwordHash, password)) {
      // Who has guessed too often must not learn by this either.
      const retryAfterMs = await limits.retryAfterMs(found.account.id, source.address);
      if (retryAfterMs > 0) return this.#limited(found.account.id, source, retryAfterMs);
      return this.#entered(found.account, source, { kind: 'password', id: null });
    }
    const attempt = await limits.begin(target, source.address);
    if (attempt.retryAfterMs > 0) return this.#limited(found?.account.id ?? null, source, attempt.retryAfterMs);
    const asked = external ? await external(name, password, source) : undefined;
    const entering = typeof asked === 'string' ? ((await directory.find(asked))?.account ?? null) : null;
    const right =
      asked === undefined
        ? await passwords.verify(found?.passwordHash ?? null, password, target.owner)
        : entering !== null;
    const account = entering ?? found?.account ?? null;
    if (!right || !account) return this.#refuse(found?.account.id ?? null, source, 'credentials', null, attempt.slowMs);
    await attempt.forgive();
    if (asked === undefined) await this.#parts.proven(account.id, password);
    if (asked === undefined && found) await directory.rehash(found, password);
    const by = { kind: asked === undefined ? 'password' : 'external', id: null } as const;
    return this.#remembered(attempt, await this.#entered(account, source, by));
  }

  /** Who lacks a second factor still is not known to be the owner, or his guesses of it would count as the owner's. */
  async #remembered(attempt: Pick<LoginAttempt, 'remember'>, outcome: LoginOutcome): Promise<LoginOutcome> {
    if (outcome.kind === 'granted') await attempt.remember();
    return outcome;
  }

  /** The password was right: what the account's state makes of it. */
  async #entered(account: Account, source: LoginSource, by: UsedCredential): Promise<LoginOutcome> {
    const status = await this.#parts.statuses.get(account.id);
    const reason = offReason(status, source) ?? this.#passwordReason(status, source);
    if (reason) return this.#refuse(account.id, source, reason, by);
    const { mustChange } = status;
    // Which of its passwords it was, so that a session can be ended with it.
    const credential = by.kind === 'external' ? by : { ...by, id: String(status.passwordSerial) };
    const methods = methodsOf(status);
    if (methods.length === 0) return this.#grant(account, source, { credential, mustChange });
    const ticket = await this.#parts.tickets.create({ account: account.id, credential, mustChange });
    this.#parts.log.note({ account: account.id, source, outcome: 'needsSecondFactor', credential });
    return { kind: 'needsSecondFactor', ticket, methods };
  }

  #passwordReason(status: AccountStatus, { scope, asksCustomFactor }: LoginSource): RefusalReason | null {
    if (status.passwordExpires !== null && status.passwordExpires <= this.#parts.now()) return 'expired';
    const isOfOurs = methodsOf(status).length > 0;
    const isCustom = status.secondFactors.includes('custom');
    // Who can end the login with a factor of ours need not know of the custom one.
    if (ASKS.includes(scope)) return isCustom && !isOfOurs && !asksCustomFactor ? 'appPasswordRequired' : null;
    if (isOfOurs || isCustom) return 'appPasswordRequired';
    return status.mustChange ? 'mustChange' : null;
  }

  async #grant(
    account: Account,
    source: LoginSource,
    { credential, mustChange }: Pick<TicketMeaning, 'credential' | 'mustChange'>,
  ): Promise<LoginOutcome> {
    await this.#parts.directory.complete(account.id);
    this.#parts.log.note({ account: account.id, source, outcome: 'granted', credential });
    return { kind: 'granted', account, credential, mustChange };
  }

  #limited(account: AccountId | null, source: LoginSource, retryAfterMs: number): LoginOutcome {
    this.#parts.log.note({ account, source, outcome: 'rateLimited', credential: null });
    return { kind: 'refused', reason: 'rateLimited', retryAfterMs };
  }

  async #refuse(
    account: AccountId | null,
    source: LoginSource,
    reason: RefusalReason,
    credential: UsedCredential | null,
    slowMs = 0,
    logged: LoginRecord['outcome'] = reason,
  ): Promise<LoginOutcome> {
    this.#parts.log.note({ account, source, outcome: logged, credential });
    if (slowMs > 0 && this.#waiting < MAX_WAITING) {
      this.#waiting++;
      await delay(slowMs).finally(() => this.#waiting--);
    }
    return { kind: 'refused', reason };
  }
}

/** Second factors with which a login can be ended here; recovery codes alone are none. */
function methodsOf({ secondFactors }: AccountStatus): readonly SecondFactorMethod[] {
  const methods = secondFactors.filter((kind) => kind !== 'custom');
  return methods.some((method) => method !== 'recoveryCode') ? methods : [];
}

function offReason(
  { disabled, suspended, disabledScopes }: AccountStatus,
  { scope }: LoginSource,
): RefusalReason | null {
  if (disabled || suspended) return disabled ? 'disabled' : 'suspended';
  return disabledScopes.includes(scope) ? 'scope' : null;
}
