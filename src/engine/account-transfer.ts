/**
 * How an account goes from one engine to another as it is: every number stays the same, and no counter is raised.
 *
 * A transfer reads what `ReadTransaction` does not tell, and puts records where nobody looks yet: the account is
 * in the target's directory under a name that is nobody's, until {@link AccountTransfer.release} gives it its own. All
 * of it comes in batches, so that no statement and no transaction grows with the account.
 */

import type { Change } from '../model/change.ts';
import type { Content } from '../model/content.ts';
import type { AccountId, ContentId, MailboxId, ModSeq, ThreadId, Uid } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { UidSet } from '../model/uid-set.ts';
import type { AccountRecord, AccountState, AnnotationRecord, Placement } from './records.ts';

/** A placement with all that is kept of it. */
export interface TransferPlacement extends Placement {
  /** The day that the message says it was sent, or came; days since 1970. */
  readonly sentDay: number;
}

/** A key that leads to a thread. */
export interface TransferThreadKey {
  /** The first 16 octets of the key's SHA-256, as 32 lower-case hex digits. */
  readonly key: string;
  readonly threadId: ThreadId;
}

/** What a transaction removed from a mailbox. */
export interface TransferVanished {
  readonly mailboxId: MailboxId;
  readonly modSeq: ModSeq;
  readonly uids: UidSet;
}

/** Numbers that name what comes next, so that none is given twice. */
export interface TransferNumbers {
  readonly nextId: number;
  readonly nextUidValidity: number;
}

/** The one record of an account, with its mailboxes. */
export interface TransferState extends AccountState, TransferNumbers {
  readonly mailboxes: readonly Mailbox[];
  readonly subscriptions: readonly string[];
}

/** Records to put, each kind in ascending order. */
export type TransferBatch =
  | {
      readonly kind: 'contents';
      readonly contents: readonly { readonly contentId: ContentId; readonly content: Content }[];
    }
  | {
      readonly kind: 'placements';
      readonly mailboxId: MailboxId;
      readonly placements: readonly TransferPlacement[];
      /** Of their contents, those that several placements of the account have. */
      readonly shared: ReadonlySet<ContentId>;
    }
  | { readonly kind: 'threadKeys'; readonly keys: readonly TransferThreadKey[] }
  | { readonly kind: 'annotations'; readonly annotations: readonly AnnotationRecord[] }
  | { readonly kind: 'changes'; readonly changes: readonly Change[]; readonly vanished: readonly TransferVanished[] };

/** The last of each kind that was put. */
export interface TransferProgress {
  /** 0 for none. */
  readonly content: ContentId;
  /** By mailbox; those without any are absent. */
  readonly uids: ReadonlyMap<MailboxId, Uid>;
  /** `''` for none. */
  readonly threadKey: string;
  /** `null` for none. */
  readonly annotation: Pick<AnnotationRecord, 'mailboxId' | 'name'> | null;
  /** 0 for none. */
  readonly change: ModSeq;
}

/** Takes accounts out of an engine, and into one. */
export interface AccountTransfer {
  /** @throws `ACCOUNT_NOT_FOUND`. */
  numbers(account: AccountId): Promise<TransferNumbers>;
  /** Placements of a mailbox above a UID, ascending. */
  placements(account: AccountId, mailboxId: MailboxId, after: Uid, limit: number): Promise<TransferPlacement[]>;
  /** Keys of threads above one (`''` for the first), ascending. */
  threadKeys(account: AccountId, after: string, limit: number): Promise<TransferThreadKey[]>;

  /** What an account that is being put together has so far. */
  progress(account: AccountId, mailboxes: readonly MailboxId[]): Promise<TransferProgress>;
  /** Puts records, all or none, durable when it resolves; what is there already is replaced by the same. */
  put(account: AccountId, batch: TransferBatch): Promise<void>;
  /** Puts the account's state, after everything else. */
  putState(account: AccountId, state: TransferState): Promise<void>;
  /**
   * Gives the account its name, addresses and password: from now on it can be found.
   *
   * @throws `ACCOUNT_EXISTS`, `ADDRESS_EXISTS` when one is taken, `ACCOUNT_NOT_FOUND`.
   */
  release(record: AccountRecord): Promise<void>;
}

// Neither of the two characters can be in a name of an account.
const INCOMING = '* incoming';

/** The directory's record of an account that is not complete. It says which state of its source it is made of. */
export function incomingRecord(record: AccountRecord, modSeq: ModSeq): AccountRecord {
  return { ...record, name: `${INCOMING} ${modSeq} ${record.id}`, addresses: [], passwordHash: null };
}

/** Whether an account is not complete yet, so that nobody may use it. */
export function isIncoming(record: Pick<AccountRecord, 'name'>): boolean {
  return record.name.startsWith(INCOMING);
}
