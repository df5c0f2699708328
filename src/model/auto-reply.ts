/** Automatic replies: what an account answers to who writes to it. RFC 3834. */

import type { AccountId } from './ids.ts';

/** Most octets in UTF-8 of the text, and of the HTML. */
export const MAX_AUTO_REPLY_OCTETS: number = 30 * 1024;

/** What is answered, and when. */
export interface AutoReply {
  readonly enabled: boolean;
  /** At most 200 characters; `''` for `Auto:` and the subject of the message that is answered. */
  readonly subject: string;
  /** Plain text of at most 30,720 octets; `''` for that of the HTML. */
  readonly text: string;
  /** At most 30,720 octets, sent beside the text; `''` for none. */
  readonly html: string;
  /** Nothing is answered before it, milliseconds since 1970; `null` for no such time. */
  readonly start: number | null;
  /** Nothing is answered from then on, milliseconds since 1970; `null` for no such time. */
  readonly end: number | null;
  /** Whole days, 1 to 365, within which a sender gets the same reply once. */
  readonly intervalDays: number;
  /** Name of the sender, at most 100 characters; `''` for none. */
  readonly name: string;
}

/** What holds of a reply where nothing else was said; four days, as Gmail has it. */
export const AUTO_REPLY_DEFAULTS: AutoReply = {
  enabled: false,
  subject: '',
  text: '',
  html: '',
  start: null,
  end: null,
  intervalDays: 4,
  name: '',
};

/** The automatic replies of all accounts. */
export interface AutoReplies {
  /** `null` when the account has none. */
  get(account: AccountId): Promise<AutoReply | null>;
  /**
   * Sets what is given; what is not stays as it was, or begins as {@link AUTO_REPLY_DEFAULTS}. Whoever has got a reply
   * gets one again when its words are others.
   *
   * @throws `ACCOUNT_NOT_FOUND`; `INVALID_ARGUMENT` for what is too long, has control characters, ends before it starts,
   *   or is enabled without text and HTML; `BUSY` when others set it all the time.
   */
  set(account: AccountId, change: Partial<AutoReply>): Promise<AutoReply>;
  /** Forgets it; `false` when there was none. */
  remove(account: AccountId): Promise<boolean>;
}
