/** What accounts download and upload in a day, and how many sessions they have, as servers count it. */

import type { Account } from './account.ts';
import type { AccountId } from './ids.ts';

/** Protocols of which traffic is counted. */
export type TrafficProtocol = 'imap' | 'pop3';
/** Seen from the client. */
export type TrafficDirection = 'download' | 'upload';

/** What was used of a day. */
export interface TrafficUse {
  /** Octets. */
  readonly used: number;
  /** Milliseconds since 1970, when it begins at 0 again; `null` when nothing was counted. */
  readonly until: number | null;
}

/** What an account uses of a protocol. */
export interface ProtocolUse {
  readonly download: TrafficUse;
  readonly upload: TrafficUse;
  /** Open sessions: those of this process, and where the account has a limit on them those of the others. */
  readonly sessions: number;
}

/** What a session of an account counts by. */
export interface TrafficSession {
  /** Adds octets, in memory. */
  add(direction: TrafficDirection, octets: number): void;
  /** Whether nothing more may be done in this direction, as far as this process knows. */
  isOver(direction: TrafficDirection): boolean;
  /**
   * How many milliseconds the account has to wait before it may go on with so many octets; 0: it may now. Asks the store
   * when this process has not for 30 seconds, and not at all where there is no limit.
   *
   * @param octets @defaultValue 1
   */
  waitMs(direction: TrafficDirection, octets?: number): Promise<number>;
  /** Ends the session. Idempotent. */
  end(): void;
}

/**
 * Traffic as a store counts it. A day begins with the first octet of it. Each process adds up what it sees and writes it
 * down every 30 seconds, and sooner when it comes to 16 MiB: by so much, for each process, an account may go over its
 * limit, and what a process that is killed had not written is not counted.
 */
export interface Traffic {
  /**
   * Begins a session.
   *
   * @param most sessions of the account in this process where the account has no limit of its own
   * @throws `LIMIT_EXCEEDED` when the account has as many as it may; `BUSY`, `UNAVAILABLE`.
   */
  begin(account: Account, protocol: TrafficProtocol, most: number): Promise<TrafficSession>;
  /** What an account uses; of what other processes have not written yet nothing is known. */
  use(account: AccountId, protocol: TrafficProtocol): Promise<ProtocolUse>;
}
