/** An outbox in memory, with a clock that the test holds, and faults where the test wants them. */

import type { ClaimedMail, DueMail, OutboxStore } from '../../src/delivery/outbox-store.ts';
import type { OutgoingMail } from '../../src/model/outgoing-mail.ts';

export const LEASE = 120_000;

interface Kept {
  readonly mail: OutgoingMail;
  readonly created: number;
  failures: number;
  at: number;
  claim: { readonly by: string; until: number } | null;
}

/** What a mail ended as, other than being sent. */
export interface Failure {
  readonly id: string;
  readonly error: string;
}

/** The outbox of all runners. */
export class MemoryOutbox {
  readonly clock: { now: number };
  readonly failed: Failure[] = [];
  readonly done: string[] = [];
  readonly #kept = new Map<string, Kept>();

  constructor(clock: { now: number }) {
    this.clock = clock;
  }

  get left(): number {
    return this.#kept.size;
  }

  add(id: string): void {
    const { now } = this.clock;
    this.#kept.set(id, { mail: mailOf(id), created: now, failures: 0, at: now, claim: null });
  }

  /** When something is to be done next; `null` for nothing. */
  nextDue(): number | null {
    const times = [...this.#kept.values()].map(({ at, claim }) => claim?.until ?? at);
    return times.length === 0 ? null : Math.min(...times);
  }

  /**
   * The store as one runner sees it.
   *
   * @param fault called before and after each change; what it throws, the runner gets
   */
  seenBy(runner: string, fault: (step: string) => void = () => {}): OutboxStore {
    const own = (id: string): Kept | null => {
      const kept = this.#kept.get(id);
      return kept?.claim?.by === runner && kept.claim.until > this.clock.now ? kept : null;
    };
    const change = async (step: string, work: () => boolean): Promise<boolean> => {
      await Promise.resolve();
      fault(`before ${step}`);
      const result = work();
      fault(`after ${step}`);
      return result;
    };
    return {
      due: async (now, limit) => {
        fault('before due');
        const due = [...this.#kept].filter(([, { at, claim }]) => (claim ? claim.until <= now : at <= now));
        return due.map(([id, { claim }]): DueMail => ({ id, interrupted: claim !== null })).slice(0, limit);
      },
      begin: async (id): Promise<ClaimedMail | null> => {
        let claimed: ClaimedMail | null = null;
        await change('begin', () => {
          const kept = this.#kept.get(id);
          if (!kept || kept.claim || kept.at > this.clock.now) return false;
          kept.claim = { by: runner, until: this.clock.now + LEASE };
          claimed = { mail: kept.mail, created: kept.created, failures: kept.failures };
          return true;
        });
        return claimed;
      },
      keep: (id) =>
        change('keep', () => {
          const kept = own(id);
          if (kept?.claim) kept.claim.until = this.clock.now + LEASE;
          return kept !== null;
        }),
      done: (id) =>
        change('done', () => {
          if (!own(id)) return false;
          this.done.push(id);
          return this.#kept.delete(id);
        }),
      retry: (id, at) =>
        change('retry', () => {
          const kept = own(id);
          if (!kept) return false;
          Object.assign(kept, { at, claim: null, failures: kept.failures + 1 });
          return true;
        }),
      fail: (id, error) =>
        change('fail', () => {
          const kept = this.#kept.get(id);
          const isInterrupted = kept?.claim && kept.claim.until <= this.clock.now;
          if (!isInterrupted && !own(id)) return false;
          this.failed.push({ id, error });
          return this.#kept.delete(id);
        }),
    };
  }
}

export function mailOf(id: string): OutgoingMail {
  return {
    id,
    kind: 'forward',
    account: 'a',
    from: 'ann@example.org',
    to: 'bob@example.net',
    size: 1,
    smtpUtf8: false,
    async *read() {
      yield Buffer.from('x');
    },
  };
}
