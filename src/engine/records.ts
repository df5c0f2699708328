/** What an engine keeps of an account, as records. */

import type { Account, AccountLimits, CopyMode } from '../model/account.ts';
import type { Annotation } from '../model/annotation.ts';
import type { Content, MessageSummary, StoredBody } from '../model/content.ts';
import type { Flags } from '../model/flags.ts';
import type { BlobId, ContentId, EmailId, MailboxId, ModSeq, ThreadId, Uid } from '../model/ids.ts';
import type { MimePart } from '../model/mime-part.ts';
import type { UidSet } from '../model/uid-set.ts';

/** A credential record; opaque to the engine. */
export interface AccountRecord extends Account {
  /** PHC string of the password, or `null` for none. */
  readonly passwordHash: string | null;
}

/** What can change of an account. */
export interface AccountPatch {
  /** The new list, or what makes it of the present one: it may be called more than once, and what it throws ends the update. */
  readonly addresses?: readonly string[] | ((current: readonly string[]) => readonly string[]);
  readonly passwordHash?: string | null;
  readonly limits?: AccountLimits;
  readonly copies?: CopyMode;
}

/** The one record of an account that every write transaction changes. */
export interface AccountState {
  readonly modSeq: ModSeq;
  /** Sum over all placements, in octets. */
  readonly octets: number;
  /** How many placements there are. */
  readonly messages: number;
  /** Changes up to here have been dropped; a feed cannot resume from an older position. */
  readonly changesExpired: ModSeq;
}

/** A message in a mailbox. A listing needs nothing else. */
export interface Placement {
  readonly uid: Uid;
  readonly emailId: EmailId;
  readonly contentId: ContentId;
  readonly threadId: ThreadId;
  readonly modSeq: ModSeq;
  /** See `model/flags.ts`. */
  readonly mask: number;
  readonly keywords: string;
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  /** When it came into this mailbox, milliseconds since 1970. RFC 8514. */
  readonly saveDate: number;
  /** Octets. */
  readonly size: number;
}

/** Which fields of the content a read brings along. A field not asked for is not read from the disk. */
export interface ContentFields {
  readonly envelope?: boolean;
  readonly bodyStructure?: boolean;
  /** The raw header. */
  readonly header?: boolean;
  /** Everything needed to send octets: header, text, segments, tree. */
  readonly body?: boolean;
  /** The MIME tree alone. */
  readonly tree?: boolean;
  readonly preview?: boolean;
}

/** A placement with the fields asked for; the others are absent. */
export interface FetchedRecord extends Placement {
  readonly envelope?: string;
  readonly bodyStructure?: string;
  readonly header?: Uint8Array;
  readonly body?: StoredBody;
  readonly tree?: MimePart;
  readonly preview?: string;
}

/** A message to be added. */
export interface NewMessage {
  readonly content: Content;
  readonly flags: Flags;
  /** Milliseconds since 1970. */
  readonly internalDate: number;
  readonly threadId: ThreadId;
}

/** What became of an added, copied or moved message. */
export interface AddedMessage {
  readonly uid: Uid;
  readonly emailId: EmailId;
}

/** What a placement has after a change of flags. */
export interface ChangedFlags {
  readonly uid: Uid;
  readonly modSeq: ModSeq;
  readonly mask: number;
  readonly keywords: string;
}

/** Outcome of a change of flags. */
export interface FlagsResult {
  /** Of the messages that were there, those that differ now; ascending. */
  readonly changed: readonly ChangedFlags[];
  /** Not changed because their `modSeq` was above `unchangedSince`. */
  readonly modified: UidSet;
}

/** A message that went from one mailbox to another. */
export interface CopiedMessage {
  readonly from: Uid;
  readonly to: Uid;
}

/** A message of a mailbox in another mailbox, as a label. */
export interface OtherPlace {
  /** In the mailbox asked about. */
  readonly uid: Uid;
  readonly mailboxId: MailboxId;
  /** Its UID there. */
  readonly at: Uid;
}

/** Where a message of a thread is. */
export interface ThreadPlace {
  readonly threadId: ThreadId;
  readonly mailboxId: MailboxId;
  readonly uid: Uid;
  readonly emailId: EmailId;
  /** See `model/flags.ts`. */
  readonly mask: number;
}

/** An annotation as it is kept. */
export interface AnnotationRecord extends Annotation {
  /** `null` for one of the account itself. */
  readonly mailboxId: MailboxId | null;
}

/** A record whose reference cannot be followed, or a counter that does not add up; found by a check. */
export interface CheckFinding {
  readonly kind: 'counter' | 'content' | 'reference' | 'search' | 'database';
  /** For people. */
  readonly detail: string;
}

/** How an account's octets lie on the fast tier. */
export interface TierUsage {
  /** Raw headers and text. */
  readonly text: number;
  /** Records, structures and their indexes. */
  readonly metadata: number;
  /** Search terms. */
  readonly search: number;
  /** Allocated but free. */
  readonly free: number;
}

/** A mention of a blob by a stored content. */
export interface BlobReference {
  readonly blobId: BlobId;
  readonly contentId: ContentId;
  /** Octets that the message has for it, encoded. */
  readonly length: number;
  /** Octets of the blob. */
  readonly size: number;
}

export type { Content, MailboxId, MessageSummary, StoredBody };
