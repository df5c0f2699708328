/** The documents on mail, field by field. Each has `account`, the shard key. */

import type { AccountId, BlobId, EmailId, MailboxId, ModSeq, ThreadId, Uid } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';

/** What every document on mail has. */
export interface MailDocument {
  readonly _id: string;
  readonly account: AccountId;
}

/**
 * An account's state with all of its mailboxes: one document, so that a transaction learns of a change by others when
 * it writes it, and a process that knows it need not read it again.
 */
export interface StateDocument extends MailDocument {
  readonly modSeq: ModSeq;
  readonly octets: number;
  readonly messages: number;
  /** The number that names the next thing. */
  readonly nextId: number;
  readonly nextUidValidity: number;
  readonly changesExpired: ModSeq;
  readonly mailboxes: readonly Mailbox[];
  readonly subscriptions: readonly string[];
  /** The call that made the last change, so that it can tell whether a commit without an answer took place. */
  readonly writer: string;
}

/** A message in a mailbox. */
export interface PlacementDocument extends MailDocument {
  readonly uid: Uid;
  readonly emailId: EmailId;
  /** Key of the content. */
  readonly content: string;
  /** The same once the content has, or had, another placement: only those are in the index that finds them. */
  readonly shared?: string;
  /** The content has pieces. */
  readonly large?: true;
  readonly threadId: ThreadId;
  readonly modSeq: ModSeq;
  readonly mask: number;
  readonly keywords: string;
  readonly internalDate: number;
  readonly saveDate: number;
  readonly sentDay: number;
  readonly size: number;
}

/** What a transaction did. */
export interface ChangeDocument extends MailDocument {
  readonly time: number;
  /** See `engine/change-text.ts`. */
  readonly items: string;
  readonly writer: string;
}

/** UIDs that a transaction removed from a mailbox. */
export interface VanishedDocument extends MailDocument {
  readonly mailbox: MailboxId;
  readonly modSeq: ModSeq;
  readonly uids: string;
}

/** A key that leads to a thread. */
export interface ThreadDocument extends MailDocument {
  readonly threadId: ThreadId;
}

/** An annotation. */
export interface AnnotationDocument extends MailDocument {
  /** 0 for one of the account itself. */
  readonly mailbox: MailboxId;
  readonly name: string;
  readonly value: Uint8Array;
  /** Octets of name and value. */
  readonly octets: number;
}

/** A mention of a blob. */
export interface BlobMention {
  readonly id: BlobId;
  readonly length: number;
  readonly size: number;
}

/** Fields of a content that can be long; where one is absent, the content's pieces have it. */
export type LongField = 'envelope' | 'bodyStructure' | 'header' | 'tree' | 'segments' | 'text' | 'searchText';

/** What is kept of a message's octets on the fast tier. */
export interface ContentDocument extends MailDocument {
  readonly size: number;
  /** SHA-256, hex. */
  readonly digest: string;
  readonly preview: string;
  /** Octets of `header` and `text`. */
  readonly fastOctets: number;
  readonly envelope?: string;
  readonly bodyStructure?: string;
  readonly header?: Uint8Array;
  /** JSON. */
  readonly tree?: string;
  /** JSON; `''` for one run of text. */
  readonly segments?: string;
  readonly text?: Uint8Array;
  /** JSON of what search looks into, when it cannot be made again from `header` and `text`; `''` otherwise. */
  readonly searchText?: string;
  /** Absent when the message mentions none. */
  readonly blobs?: readonly BlobMention[];
  /** Fields that lie in pieces. */
  readonly pieces?: readonly LongField[];
}

/** A piece of a long field. */
export interface PieceDocument extends MailDocument {
  readonly data: Uint8Array;
}

/** Anything of the collection `mail`. */
export type AnyMailDocument = MailDocument & {
  readonly modSeq?: ModSeq;
} & Partial<Omit<StateDocument, keyof MailDocument | 'modSeq'>> &
  Partial<Omit<PlacementDocument, keyof MailDocument | 'modSeq'>>;
