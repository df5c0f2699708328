/** Security keys as accounts have them: a second factor is on as long as there are some. */

import { EiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type {
  KeyCreationOptions,
  KeyRequestOptions,
  KeyResponse,
  SecurityKey,
  SecurityKeyAuthentication,
  U2fKey,
} from '../model/security-key.ts';
import type { AccountStatuses } from './account-statuses.ts';
import type { LoginTickets } from './login-tickets.ts';
import type { SecurityKeyLogin } from './security-key-login.ts';

/** What they are made of. */
export interface AccountSecurityKeysParts {
  readonly login: SecurityKeyLogin;
  readonly statuses: AccountStatuses;
  readonly tickets: LoginTickets;
  /** Gives an account, or throws `ACCOUNT_NOT_FOUND`. */
  readonly requireAccount: (account: AccountId) => Promise<{ readonly name: string }>;
  /** Told that a credential was taken back. */
  readonly revoked: (account: AccountId) => void;
}

/** See {@link SecurityKeyAuthentication}. */
export class AccountSecurityKeys implements SecurityKeyAuthentication {
  readonly #parts: AccountSecurityKeysParts;

  constructor(parts: AccountSecurityKeysParts) {
    this.#parts = parts;
  }

  async beginSecurityKey(
    account: AccountId,
    { passkey }: { readonly passkey?: boolean } = {},
  ): Promise<KeyCreationOptions> {
    const { name } = await this.#parts.requireAccount(account);
    return this.#parts.login.beginRegistration({ id: account, name }, passkey ?? null);
  }

  async finishSecurityKey(account: AccountId, name: string, response: KeyResponse): Promise<SecurityKey> {
    await this.#parts.requireAccount(account);
    const key = await this.#parts.login.finishRegistration(account, name, response);
    await this.#switch(account);
    return key;
  }

  async addU2fKey(account: AccountId, name: string, u2fKey: U2fKey): Promise<SecurityKey> {
    await this.#parts.requireAccount(account);
    const key = await this.#parts.login.addU2f(account, name, u2fKey);
    await this.#switch(account);
    return key;
  }

  securityKeys(account: AccountId): Promise<SecurityKey[]> {
    return this.#parts.login.keys.list(account);
  }

  async renameSecurityKey(account: AccountId, id: string, name: string): Promise<boolean> {
    return this.#parts.login.keys.rename(account, id, name);
  }

  async removeSecurityKey(account: AccountId, id: string): Promise<boolean> {
    const { login, statuses, revoked } = this.#parts;
    const removed = await login.keys.remove(account, id);
    // Not only when it was there: a process may have ended between a removal and this.
    if ((await statuses.get(account)).secondFactors.includes('securityKey')) await this.#switch(account);
    if (removed) revoked(account);
    return removed;
  }

  async beginSecondFactor(ticket: string): Promise<KeyRequestOptions> {
    const { login, tickets } = this.#parts;
    login.requireParty();
    const meaning = await tickets.peek(ticket);
    if (!meaning) throw new EiderError('INVALID_ARGUMENT', 'the ticket is unknown, used, or its time is over');
    return login.beginSecondFactor(meaning.account, ticket);
  }

  beginPasskey(): Promise<KeyRequestOptions> {
    return this.#parts.login.beginPasskey();
  }

  /** On or off as there are keys or none; looked at again after the change, as keys may come and go meanwhile. */
  async #switch(account: AccountId): Promise<void> {
    const { login, statuses, revoked } = this.#parts;
    let on: boolean;
    do {
      on = await login.keys.hasAny(account);
      if (await statuses.switchFactor(account, 'securityKey', on)) revoked(account);
    } while ((await login.keys.hasAny(account)) !== on);
  }
}
