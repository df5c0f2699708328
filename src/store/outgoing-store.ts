/** What a store knows of mail that leaves it. */

import type { AutoReplies } from '../model/auto-reply.ts';
import type { DkimKeys } from '../model/dkim.ts';
import type { Forwardings } from '../model/forwarding.ts';
import type { Outgoing } from '../model/outgoing-mail.ts';
import type { Submissions } from '../model/submission.ts';

/** Mail that leaves the store, as its owner settles it. */
export interface OutgoingStore {
  /** The keys by which domains sign their mail. */
  readonly dkim: DkimKeys;
  /** What accounts answer to who writes to them. */
  readonly autoReplies: AutoReplies;
  /** Where the mail of accounts goes on to. */
  readonly forwardings: Forwardings;
  /** Sending for accounts. */
  readonly submissions: Submissions;
  /** All mail on its way out. */
  readonly outgoing: Outgoing;
}
