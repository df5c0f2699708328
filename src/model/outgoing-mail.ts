/** Mail that the store itself lets out: forwards and automatic replies. */

import type { AccountId } from './ids.ts';

/** A message to one address. */
export interface OutgoingMail {
  /** Names the message: the same in each try. */
  readonly id: string;
  readonly kind: 'forward' | 'autoReply';
  /** On whose behalf; `null` for an address that only forwards. */
  readonly account: AccountId | null;
  /** Reverse path; `''` for none. */
  readonly from: string;
  readonly to: string;
  /** Octets. */
  readonly size: number;
  /** Whether the address or the header needs SMTPUTF8. RFC 6531. */
  readonly smtpUtf8: boolean;
  /** The octets, from the beginning, as often as it is called. */
  read(): AsyncIterable<Uint8Array>;
}

/**
 * Hands a message to a mail transfer agent. Resolves when it has taken it over. A rejection with an error whose
 * `permanent` is `true` ends the tries; any other leads to another one later.
 */
export type SendMail = (mail: OutgoingMail, signal: AbortSignal) => Promise<void>;
