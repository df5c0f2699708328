/** Filters: what an account wants to be done with mail that arrives, as JSON. */

import type { AccountId, MailboxId, Uid } from './ids.ts';
import type { MailboxRef } from './mailbox.ts';

/** Most filters of an account. */
export const MAX_FILTERS = 400;
/** Most octets of one filter as JSON in UTF-8. */
export const MAX_FILTER_OCTETS: number = 32 * 1024;
/** Most octets of all filters of an account together. */
export const MAX_FILTERS_OCTETS: number = 512 * 1024;

/** Days of the week as filters name them. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** A day of the week. */
export type Weekday = (typeof WEEKDAYS)[number];

/**
 * How a text is compared: `contains` anywhere, or `is` all of it. Both texts are compared as search compares them:
 * decoded, without regard to case and marks, any white space as one space.
 */
export type TextMatch = { readonly contains: string } | { readonly is: string };

/** All of the conditions (of none: every message), any of them (1 or more), or not the one. */
export type ConditionGroup =
  | { readonly all: readonly FilterCondition[] }
  | { readonly any: readonly FilterCondition[] }
  | { readonly not: FilterCondition };

/** A field of the header by its name, in any case; it may be there several times. */
export type HeaderTest = { readonly test: 'header'; readonly name: string } & (
  | TextMatch
  | { readonly exists: boolean }
);

/**
 * - `from`: From; `is` compares each address.
 * - `to`: To, Cc, Delivered-To and the recipient that the message came for; `is` compares each address.
 * - `subject`.
 * - `listId`: List-Id (RFC 2919); `is` compares what stands between its angle brackets.
 */
export type FieldTest = { readonly test: 'from' | 'to' | 'subject' | 'listId' } & TextMatch;

/** Octets of the message; with both, between the two. */
export interface SizeTest {
  readonly test: 'size';
  /** More than that. */
  readonly larger?: number;
  /** Less than that. */
  readonly smaller?: number;
}

/** Whether there is an attachment, or one whose file name matches. */
export type AttachmentTest = { readonly test: 'attachment' } & (TextMatch | { readonly exists: boolean });

/**
 * Text of the message, HTML without its tags. Words between spaces or commas must all be there, anywhere and in any
 * order; `"quoted words"` beside each other; `OR` between them separates alternatives. All other characters mean
 * themselves.
 */
export interface TextTest {
  readonly test: 'text';
  readonly query: string;
}

/** What was said of the message before it came; see {@link SpamVerdict}. One without a score is neither above nor below. */
export type SpamTest = { readonly test: 'spam' } & (
  | { readonly verdict: 'spam' | 'ham' | 'unknown' }
  | { readonly above: number }
  | { readonly below: number }
);

/** What follows `+` in the localpart of the recipient (RFC 5233). */
export type TagTest = { readonly test: 'tag' } & (TextMatch | { readonly exists: boolean });

/** When the message came. All that is given must hold. */
export interface TimeTest {
  readonly test: 'time';
  /** IANA name such as `Europe/Berlin`, in which all of this is meant. @defaultValue `UTC` */
  readonly zone?: string;
  readonly weekdays?: readonly Weekday[];
  /** `HH:MM`, inclusive; after `until` it means over midnight. */
  readonly from?: string;
  /** `HH:MM`, exclusive. */
  readonly until?: string;
  /** `YYYY-MM-DD`: on this day or later. */
  readonly since?: string;
  /** `YYYY-MM-DD`: before this day. */
  readonly before?: string;
}

/** One thing that is looked at. */
export type FilterTest = HeaderTest | FieldTest | SizeTest | AttachmentTest | TextTest | SpamTest | TagTest | TimeTest;

/** When a filter acts: at most 10 levels deep, with at most 100 groups and 100 tests. */
export type FilterCondition = ConditionGroup | FilterTest;

/**
 * What is done. Of `mailbox`, `seen`, `flag`, `junk` and `delete`, the first filter that says something decides, also
 * when it says `false`; lists of several filters add up.
 *
 * @typeParam Ref how mailboxes are named: by id where filters are read; by path or id where they are written
 */
export interface FilterActions<Ref = MailboxId> {
  /** Where the message goes instead of INBOX, and of Junk too. One that was deleted since means INBOX. */
  readonly mailbox?: Ref;
  /** Mailboxes that the message is in besides, at most 20. */
  readonly labels?: readonly Ref[];
  /** Whether it has `\Seen`. */
  readonly seen?: boolean;
  /** Whether it has `\Flagged`. */
  readonly flag?: boolean;
  /** Keywords, at most 20. */
  readonly keywords?: readonly string[];
  /** Junk, or never junk, whatever else is known of the message. */
  readonly junk?: boolean;
  /** Not kept; `forward` and `webhooks` hold all the same. */
  readonly delete?: boolean;
  /** Addresses in normal form that get it too, at most 20. */
  readonly forward?: readonly string[];
  /** URLs, `https` or `http`, that are told of it, at most 5; by stores with `outgoing.webhooks`. */
  readonly webhooks?: readonly string[];
  /** No filter after this one is looked at. */
  readonly stop?: boolean;
}

/** A filter as it stands. */
export interface Filter {
  /** Made by the store. */
  readonly id: string;
  /** For people, 0 to 255 characters. */
  readonly name: string;
  readonly enabled: boolean;
  readonly conditions: FilterCondition;
  readonly actions: FilterActions;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** JSON of the program's own, at most 20 levels deep and 2,000 values; `null` for none. */
  readonly metadata: FilterMetadata | null;
}

/** A JSON object that the store keeps and does not look into. */
export type FilterMetadata = { readonly [name: string]: unknown };

/** What a new filter is made of. An action that is `null` is as if it were not there. */
export interface FilterOptions {
  /** @defaultValue `''` */
  readonly name?: string;
  /** @defaultValue `true` */
  readonly enabled?: boolean;
  readonly conditions: FilterCondition;
  /** At least one. */
  readonly actions: NullableActions;
  /** @defaultValue `null` */
  readonly metadata?: FilterMetadata | null;
}

/** A change: what is absent stays, an action that is `null` goes. */
export interface FilterPatch {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly conditions?: FilterCondition;
  readonly actions?: NullableActions;
  readonly metadata?: FilterMetadata | null;
}

/** Actions as they are given. */
export type NullableActions = {
  readonly [Key in keyof FilterActions<MailboxRef>]?: FilterActions<MailboxRef>[Key] | null;
};

/** What several filters come to for one message. */
export interface FilterOutcome {
  /** Ids of the filters that matched, in their order. */
  readonly matched: readonly string[];
  /** `null` when no filter says where. */
  readonly mailbox: MailboxId | null;
  readonly labels: readonly MailboxId[];
  readonly seen: boolean;
  readonly flag: boolean;
  readonly keywords: readonly string[];
  /** `null` when no filter says so: the verdict and the account's own lists decide. */
  readonly junk: boolean | null;
  readonly delete: boolean;
  /** At most 100; those of later filters are left out. */
  readonly forward: readonly string[];
  /** At most 20; those of later filters are left out. */
  readonly webhooks: readonly string[];
}

/** What {@link Filters.dryRun} found. */
export interface FilterDryRun {
  /** Messages that were looked at. */
  readonly examined: number;
  /** Whether the mailbox has more, older ones. */
  readonly more: boolean;
  /** Newest first. */
  readonly matches: readonly FilterMatch[];
  /** What all of them would get. */
  readonly actions: FilterActions;
  /** Mailboxes of the filter that are there no more. */
  readonly missing: readonly MailboxId[];
}

/** A stored message that a filter matches. */
export interface FilterMatch {
  readonly uid: Uid;
  /** From, decoded, at most 200 characters. */
  readonly from: string;
  /** Subject, decoded, at most 200 characters. */
  readonly subject: string;
  /** When it came, milliseconds since 1970. */
  readonly internalDate: number;
}

/** Bounds of a {@link Filters.dryRun}. */
export interface FilterDryRunOptions {
  /** @defaultValue INBOX */
  readonly mailbox?: MailboxRef;
  /** Messages that are looked at, the newest; 1 to 10,000. @defaultValue 1,000 */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** What {@link Filters.apply} did. */
export interface FilterApplyResult {
  /** Messages that were looked at. */
  readonly examined: number;
  /** Messages that matched. */
  readonly matched: number;
}

/** Bounds of a {@link Filters.apply}. */
export interface FilterApplyOptions {
  /** @defaultValue INBOX */
  readonly mailbox?: MailboxRef;
  readonly signal?: AbortSignal;
  /** Called after each page of messages with how many were looked at, and how many there were in the beginning. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Filters as a store has them. */
export interface Filters {
  /** In the order in which they are looked at: as {@link Filters.reorder} said, then the oldest first. */
  list(account: AccountId): Promise<Filter[]>;
  /** `null` when there is none of that id. */
  get(account: AccountId, id: string): Promise<Filter | null>;
  /**
   * Adds a filter behind all others. Mailboxes that are named by path are kept by id, so a rename changes nothing.
   *
   * @throws `FILTER_INVALID`, which names the place of the fault, as in `conditions.all[2].name`; `MAILBOX_NOT_FOUND`;
   *   `LIMIT_EXCEEDED` above 400 filters, or what the limit `filters` says, or 512 KB in all; `ACCOUNT_NOT_FOUND`.
   */
  create(account: AccountId, options: FilterOptions): Promise<Filter>;
  /** `null` when there is none of that id. @throws as {@link Filters.create}; `BUSY` when others change it all the time. */
  update(account: AccountId, id: string, patch: FilterPatch): Promise<Filter | null>;
  /**
   * Puts filters in this order; those that are not named come after them, as they stood.
   *
   * @throws `FILTER_INVALID` for an id that is none, or named twice; `BUSY`.
   */
  reorder(account: AccountId, ids: readonly string[]): Promise<void>;
  /** `false` when there was none of that id. */
  remove(account: AccountId, id: string): Promise<boolean>;
  /**
   * Tells which stored messages a filter, there or not yet, matches, whether it is enabled or not. Nothing is changed.
   * What only a delivery knows is read from the message: the recipient from Delivered-To, the time from its date.
   *
   * @throws `FILTER_INVALID` (also for an id that is none), `MAILBOX_NOT_FOUND`, `INVALID_ARGUMENT`, `ABORTED`.
   */
  dryRun(account: AccountId, filter: string | FilterOptions, options?: FilterDryRunOptions): Promise<FilterDryRun>;
  /**
   * Does to the messages of a mailbox what the filter says, whether it is enabled or not, and resolves when all is
   * done. `delete` moves to the mailbox of special use `\Trash`, `junk` to that of `\Junk`; `forward` and `webhooks`
   * are for new mail only. What comes meanwhile is left alone. Stopped halfway and begun again, it does nothing twice.
   *
   * @throws `FILTER_INVALID` for an id that is none; `MAILBOX_NOT_FOUND`, also for a mailbox that the filter names and
   *   that is there no more; `QUOTA_EXCEEDED`, `ABORTED`.
   */
  apply(account: AccountId, id: string, options?: FilterApplyOptions): Promise<FilterApplyResult>;
}
