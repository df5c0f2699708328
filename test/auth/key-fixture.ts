/** An account at a store that knows a relying party, and keys for it. */

import type { LoginOutcome, LoginSource } from '../../src/model/authentication.ts';
import type { SecurityKey } from '../../src/model/security-key.ts';
import type { OpenStoreOptions } from '../../src/open-store.ts';
import { type AuthFixture, openAuth, PASSWORD, wordOf } from './auth-fixture.ts';
import { APP_ID, type Deviations, type KeyJson, ORIGIN, type SoftwareKey } from './software-key.ts';

export const PARTY = { id: 'example.org', name: 'Example', origins: [ORIGIN], appId: APP_ID } as const;
export const REST: LoginSource = { scope: 'rest', address: '192.0.2.1' };

/** What the tests of keys work with. */
export interface KeyFixture extends AuthFixture {
  /** Registers a key with `ann`. */
  register(key: SoftwareKey, name?: string, deviations?: Deviations): Promise<SecurityKey>;
  /** A login by the password, which stops at the second factor. */
  ticket(): Promise<string>;
  /** Ends a login with a response. */
  finish(ticket: string, response: KeyJson): Promise<LoginOutcome>;
  /** A whole login with a key, in one word. */
  enter(key: SoftwareKey, deviations?: Deviations): Promise<string>;
  /** A login by a passkey, in one word. */
  pass(key: SoftwareKey, deviations?: Deviations): Promise<string>;
}

export async function openKeys(options: Partial<OpenStoreOptions> = {}): Promise<KeyFixture> {
  const { authentication, ...others } = options;
  const fixture = await openAuth({ authentication: { relyingParty: PARTY, ...authentication }, ...others });
  const { auth } = fixture.store;
  const ticket = async (): Promise<string> => {
    const outcome = await fixture.login(PASSWORD, REST);
    if (outcome.kind !== 'needsSecondFactor') throw new Error(wordOf(outcome));
    return outcome.ticket;
  };
  const finish = (one: string, response: KeyJson): Promise<LoginOutcome> =>
    auth.completeLogin(one, { method: 'securityKey', response }, REST);
  return {
    ...fixture,
    ticket,
    finish,
    register: async (key, name = 'blue', deviations = {}) =>
      auth.finishSecurityKey(
        fixture.account,
        name,
        key.create(await auth.beginSecurityKey(fixture.account), deviations),
      ),
    enter: async (key, deviations = {}) => {
      const one = await ticket();
      return wordOf(await finish(one, key.get(await auth.beginSecondFactor(one), deviations)));
    },
    pass: async (key, deviations = {}) =>
      wordOf(await auth.completePasskey(key.get(await auth.beginPasskey(), deviations), REST)),
  };
}

/** A U2F key as a service that is moved has it. */
export function u2fOf(key: SoftwareKey): { keyHandle: Uint8Array; publicKey: Uint8Array; counter: number } {
  return { keyHandle: key.id, publicKey: key.point, counter: key.counter };
}
