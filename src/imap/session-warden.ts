/** Ends sessions whose credential was taken back: a password that was changed, an app password that was removed. */

import type { AccountId } from '../model/ids.ts';
import type { MessageStore } from '../store/message-store.ts';
import type { Session } from './session.ts';

/** Asks about the credentials of all sessions now and then, and at once when this process hears of a change. */
export class SessionWarden {
  readonly #store: MessageStore;
  readonly #checkMs: number;
  /** With the time of their login. */
  readonly #sessions = new Map<AccountId, Map<Session, number>>();
  #timer: NodeJS.Timeout | null = null;
  #stop: () => void = () => {};

  /** @param checkMs between two checks of all sessions, for what other processes have taken back */
  constructor(store: MessageStore, checkMs: number) {
    this.#store = store;
    this.#checkMs = checkMs;
  }

  /** Watches over a session that has logged in. Returns the function that ends it. */
  watch(account: AccountId, session: Session): () => void {
    if (this.#sessions.size === 0) this.#start();
    const sessions = this.#sessions.get(account) ?? new Map<Session, number>();
    sessions.set(session, Date.now());
    this.#sessions.set(account, sessions);
    return () => {
      sessions.delete(session);
      if (sessions.size === 0 && this.#sessions.get(account) === sessions) this.#sessions.delete(account);
      if (this.#sessions.size === 0) this.#end();
    };
  }

  #start(): void {
    this.#stop = this.#store.auth.onRevoked((account) => void this.#check(account));
    this.#timer = setInterval(() => void this.#checkAll(), this.#checkMs).unref();
  }

  #end(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.#stop();
  }

  /** One account after the other, so that nothing is asked in a crowd. */
  async #checkAll(): Promise<void> {
    for (const account of [...this.#sessions.keys()]) await this.#check(account);
  }

  async #check(account: AccountId): Promise<void> {
    const answers = new Map<string, boolean>();
    for (const [session, since] of this.#sessions.get(account) ?? []) {
      const { credential } = session;
      if (!credential) continue;
      const key = `${credential.kind} ${credential.id} ${since}`;
      try {
        if (!answers.has(key)) answers.set(key, await this.#store.auth.isValid(account, credential, since));
      } catch {
        // Who cannot be asked about stays, until the store answers again.
        return;
      }
      if (answers.get(key) === false) session.bye('The credential was taken back', 'UNAVAILABLE');
    }
  }
}
