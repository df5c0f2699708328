/** Annotations as programs and adapters see them. */

import type { Annotation, AnnotationQuery } from '../model/annotation.ts';
import type { AccountId, MailboxId, ModSeq } from '../model/ids.ts';
import type { MailboxRef } from '../model/mailbox.ts';

/** Values by name, in any case; `null` removes one. Text is kept as UTF-8. */
export type AnnotationValues = Readonly<Record<string, Uint8Array | string | null>>;

/** Outcome of a change of annotations. */
export interface SetAnnotationsResult {
  /** Those that differ now, in normal form. */
  readonly names: readonly string[];
  readonly modSeq: ModSeq;
}

/** The part of a store that keeps annotations. */
export interface AnnotationStore {
  /**
   * Annotations of a mailbox, or with `null` of the account itself, by name; all of them without a query. A mailbox's
   * special use is one of its annotations, `/private/specialuse`.
   *
   * @throws `MAILBOX_NOT_FOUND`, `ANNOTATION_INVALID` (a name).
   * @see RFC 5464, RFC 6154 section 4
   */
  annotations(account: AccountId, ref: MailboxRef | null, query?: AnnotationQuery): Promise<Annotation[]>;
  /** The same of all mailboxes at one moment, by id; mailboxes without any have an empty list. @see RFC 9590 */
  mailboxAnnotations(
    account: AccountId,
    query?: AnnotationQuery,
  ): Promise<ReadonlyMap<MailboxId, readonly Annotation[]>>;
  /**
   * Sets and removes annotations, all of them or none, in one transaction. They go with their mailbox, follow its
   * renames, and count for no quota: a mailbox has 100 at most, with 65,536 octets each, and an account 16 MB in all.
   * No mailbox's `highestModSeq` rises.
   *
   * @throws `MAILBOX_NOT_FOUND`, `ANNOTATION_INVALID` (a name), `ANNOTATION_TOO_LARGE` (a value), `ANNOTATION_LIMIT`;
   *   `INVALID_ARGUMENT`, `MAILBOX_EXISTS` for a special use that there is not, or that another mailbox has.
   * @see RFC 5464, RFC 6154 section 4
   */
  setAnnotations(account: AccountId, ref: MailboxRef | null, values: AnnotationValues): Promise<SetAnnotationsResult>;
}
