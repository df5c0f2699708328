/** What the runner of an outbox needs of a store: mail that waits, and claims on it that one runner has at a time. */

import type { OutgoingMail } from '../model/outgoing-mail.ts';

/** Mail that is due. */
export interface DueMail {
  readonly id: string;
  /** A runner has claimed it, and has died since: nobody knows whether it was sent, and twice would be wrong. */
  readonly interrupted: boolean;
}

/** Mail that is claimed. */
export interface ClaimedMail {
  readonly mail: OutgoingMail;
  /** When it was put into the outbox, milliseconds since 1970. */
  readonly created: number;
  /** Tries that failed. */
  readonly failures: number;
}

/**
 * Mail on its way out, durable, shared by all processes. A claim is held by one runner, until it says what became of
 * the mail, or has been silent for the time that the store allows. Whoever has lost his claim changes nothing any more:
 * every method then resolves with `false`.
 */
export interface OutboxStore {
  /** What is due and what was interrupted, the oldest first; what others hold is left out. */
  due(now: number, limit: number): Promise<readonly DueMail[]>;
  /**
   * Claims what is due, durably before it resolves; `null` when it is due no more, another has it, or it was
   * interrupted: such mail is claimed by nobody again.
   */
  begin(id: string): Promise<ClaimedMail | null>;
  /** Says that the runner lives and works on it still. */
  keep(id: string): Promise<boolean>;
  /** It was sent: forgets it. */
  done(id: string): Promise<boolean>;
  /** It waits until `at`, milliseconds since 1970, with one failure more. */
  retry(id: string, at: number, error: string): Promise<boolean>;
  /** It is tried no more; also for what was interrupted, by whoever comes first. */
  fail(id: string, error: string): Promise<boolean>;
}
