/** A store whose clock and secret the test holds. */

import { onTestFinished } from 'vitest';
import type { LoginOutcome, LoginSource } from '../../src/model/authentication.ts';
import type { OpenStoreOptions } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore } from '../engine-under-test.ts';

export const SECRET: Uint8Array = Buffer.alloc(32, 7);
export const PASSWORD = 'correct horse';

/** What the tests of logging in work with. */
export interface AuthFixture {
  readonly store: MessageStore;
  readonly account: string;
  /** Milliseconds since 1970; the test moves it. */
  readonly clock: { now: number };
  login(password: string, source?: Partial<LoginSource>, name?: string): Promise<LoginOutcome>;
  /** What a login comes to, in one word. */
  outcome(password: string, source?: Partial<LoginSource>, name?: string): Promise<string>;
}

export async function openAuth(options: Partial<OpenStoreOptions> = {}): Promise<AuthFixture> {
  const clock = { now: Date.now() };
  const { authentication, ...others } = options;
  const store = await openTestedStore({
    secret: SECRET,
    authentication: { now: () => clock.now, ...authentication },
    ...others,
  });
  onTestFinished(() => store.close());
  const { id } = await store.accounts.create({ name: 'ann', address: 'ann@example.org', password: PASSWORD });
  const login = (password: string, source: Partial<LoginSource> = {}, name = 'ann'): Promise<LoginOutcome> =>
    store.auth.authenticate(name, password, { scope: 'imap', address: '192.0.2.1', ...source });
  return { store, account: id, clock, login, outcome: async (...args) => wordOf(await login(...args)) };
}

export function wordOf(outcome: LoginOutcome): string {
  return outcome.kind === 'refused' ? outcome.reason : outcome.kind;
}
