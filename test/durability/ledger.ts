/** What a client knows of its mail: what was acknowledged, and the one thing that was not yet. */

import { expect } from 'vitest';

/** A message as it should be: in which mailboxes (with or without `\Deleted`), and with which flags. */
export interface Entry {
  readonly places: Readonly<Record<string, boolean>>;
  readonly flags: string;
}

/** Messages by token; the absent are nowhere. */
export type Entries = ReadonlyMap<number, Entry>;

/** A change of some messages that happens to all of them or to none. */
interface Pending {
  readonly tokens: readonly number[];
  readonly after: (entry: Entry) => Entry;
}

/** Keeps book. */
export class Ledger {
  /** How many changes were acknowledged, and how many a crash left open. */
  readonly counts: { delivered: number; changed: number; openDelivered: number; openDone: number; openUndone: number } =
    {
      delivered: 0,
      changed: 0,
      openDelivered: 0,
      openDone: 0,
      openUndone: 0,
    };
  readonly #entries = new Map<number, Entry>();
  readonly #delivering = new Set<number>();
  #pending: Pending | null = null;

  /** Deliveries begin here. */
  delivering(token: number): void {
    this.#delivering.add(token);
  }

  delivered(token: number): void {
    this.#delivering.delete(token);
    this.counts.delivered++;
    this.#entries.set(token, { places: { INBOX: false }, flags: '' });
  }

  /** Runs a change and takes it as done when it resolves; when it rejects it is left open. */
  async change(tokens: readonly number[], after: Pending['after'], run: () => Promise<unknown>): Promise<void> {
    this.#pending = { tokens, after };
    await run();
    this.counts.changed++;
    this.#apply(this.#pending);
    this.#pending = null;
  }

  /** Tokens of messages in a mailbox that satisfy `condition`. */
  tokens(mailbox: string, condition: (entry: Entry) => boolean = () => true): number[] {
    return [...this.#entries]
      .filter(([, entry]) => mailbox in entry.places && condition(entry))
      .map(([token]) => token);
  }

  /** Compares with what is there after a crash, and settles what was open by it. */
  settle(found: Entries): void {
    for (const token of this.#delivering) {
      const entry = found.get(token);
      if (entry)
        expect(entry, `delivery ${token} that was not acknowledged`).toEqual({ places: { INBOX: false }, flags: '' });
      if (!entry) continue;
      this.#entries.set(token, entry);
      this.counts.openDelivered++;
    }
    this.#delivering.clear();
    if (this.#pending) this.#settlePending(this.#pending, found);
    this.#pending = null;
    const wanted = new Map([...this.#entries].filter(([, entry]) => Object.keys(entry.places).length > 0));
    for (const [token, entry] of wanted) expect(found.get(token), `message ${token}`).toEqual(entry);
    for (const token of found.keys()) expect(wanted.has(token), `message ${token} is back`).toBe(true);
  }

  #settlePending(pending: Pending, found: Entries): void {
    const done = pending.tokens.filter((token) => {
      const after = pending.after(this.#entries.get(token)!);
      const there = found.get(token) ?? { places: {}, flags: after.flags };
      return JSON.stringify(there) === JSON.stringify(after);
    });
    const before = pending.tokens.filter(
      (token) => JSON.stringify(found.get(token)) === JSON.stringify(this.#entries.get(token)),
    );
    const whole = done.length === pending.tokens.length || before.length === pending.tokens.length;
    expect(
      whole,
      `a change of ${pending.tokens.length} messages was done to ${done.length} and not to ${before.length}`,
    ).toBe(true);
    if (done.length === pending.tokens.length) this.#apply(pending);
    this.counts[done.length === pending.tokens.length ? 'openDone' : 'openUndone']++;
  }

  #apply({ tokens, after }: Pending): void {
    for (const token of tokens) this.#entries.set(token, after(this.#entries.get(token)!));
  }
}
