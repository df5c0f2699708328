/** What to look for: one query model for IMAP SEARCH, REST and JMAP. RFC 9051 section 6.4.4. */

import type { MailboxId, ModSeq } from './ids.ts';
import type { UidSet } from './uid-set.ts';

/** Header fields with a key of their own. */
export type AddressField = 'from' | 'to' | 'cc' | 'bcc';

/**
 * A condition on one message of one mailbox. `day` counts days since 1970-01-01; texts are as typed, they are folded
 * where they are compared.
 */
export type SearchQuery =
  | { readonly key: 'all' }
  | { readonly key: 'and' | 'or'; readonly of: readonly SearchQuery[] }
  | { readonly key: 'not'; readonly of: SearchQuery }
  | { readonly key: 'uid'; readonly set: UidSet }
  /** Has (or with `set: false` lacks) all system flags of `mask`. */
  | { readonly key: 'flag'; readonly mask: number; readonly set: boolean }
  | { readonly key: 'keyword'; readonly keyword: string; readonly set: boolean }
  /** Substring of a decoded header field, any white space counting as one space. `''` matches any message that has the field. */
  | { readonly key: AddressField | 'subject'; readonly text: string }
  /** Substring of a decoded header field of any name; `''` matches any message that has the field. */
  | { readonly key: 'header'; readonly field: string; readonly text: string }
  /** Substring of the decoded name of an attachment; `''` matches any message that has an attachment. */
  | { readonly key: 'attachment'; readonly text: string }
  /** The message is in this mailbox too; so are all of the mailbox that is searched. */
  | { readonly key: 'mailbox'; readonly id: MailboxId }
  /** All words, each as a prefix, in the body; `text`: in header or body. */
  | { readonly key: 'body' | 'text'; readonly text: string }
  /** Octets; strictly larger, strictly smaller. */
  | { readonly key: 'larger' | 'smaller'; readonly octets: number }
  /** By the internal date's day in UTC: `from` inclusive, `before` exclusive. */
  | { readonly key: 'internalDay'; readonly from?: number; readonly before?: number }
  /** By the day of the Date header as written, else the internal date: `from` inclusive, `before` exclusive. */
  | { readonly key: 'sentDay'; readonly from?: number; readonly before?: number }
  /** By save date: `from` inclusive, `before` exclusive. RFC 8514. */
  | { readonly key: 'saveDay'; readonly from?: number; readonly before?: number }
  /** Internal date at most (`younger`) or at least (`older`) so many seconds ago. RFC 5032. */
  | { readonly key: 'younger' | 'older'; readonly seconds: number }
  /** Changed by this transaction or later. RFC 7162 section 3.1.5. */
  | { readonly key: 'modSeq'; readonly from: ModSeq }
  /** `contentId`: all copies of a message, which `emailId` tells apart where a COPY made a message of its own. */
  | { readonly key: 'emailId' | 'contentId' | 'threadId'; readonly id: number };
