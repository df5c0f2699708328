/**
 * The `_id` of each document on mail. It begins with the account and orders what belongs together: a mailbox's
 * messages by UID, changes by position. Numbers have a fixed width, so that a range of numbers is a range of keys.
 *
 * One string is shorter than a document of fields, needs no index beside that of `_id`, and is unique in the whole
 * cluster, as all of an account lies on one shard.
 */

import { createHash } from 'node:crypto';
import type { VaultPlace } from '../engine/vault.ts';
import type { AccountId, ContentId, MailboxId, ModSeq, Uid } from '../model/ids.ts';

/** A condition on `_id`. */
export type KeyCondition = string | { readonly $gte: string; readonly $lte: string } | { readonly $in: string[] };

const ID_DIGITS = 12;
const UID_DIGITS = 8;

const digits = (value: number, width: number): string => value.toString(16).padStart(width, '0');

/** The account's state. Before all others of the account, as account ids have no `.`. */
export const stateKey = (account: AccountId): string => account;

/** The list of the account's index segments. */
export const manifestKey = (account: AccountId): string => `${account}.i`;

/** What a transaction did. */
export const changeKey = (account: AccountId, modSeq: ModSeq): string => `${account}.c.${digits(modSeq, ID_DIGITS)}`;

/** A message in a mailbox. */
export const placementKey = (account: AccountId, mailbox: MailboxId, uid: Uid): string =>
  `${account}.p.${digits(mailbox, ID_DIGITS)}.${digits(uid, UID_DIGITS)}`;

/** What a transaction removed from a mailbox. */
export const vanishedKey = (account: AccountId, mailbox: MailboxId, modSeq: ModSeq): string =>
  `${account}.v.${digits(mailbox, ID_DIGITS)}.${digits(modSeq, ID_DIGITS)}`;

/** A key of a thread, kept as 128 bits whatever its length. */
export const threadKey = (account: AccountId, key: string): string =>
  `${account}.t.${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;

/** An annotation of a mailbox, or of the account itself, which is before all mailboxes. Names have no octet above `~`. */
export const annotationKey = (account: AccountId, mailbox: MailboxId | null, name: string): string =>
  `${annotationsOf(account, mailbox)}.${name}`;

/** What the keys of a mailbox's annotations begin with. */
export const annotationsOf = (account: AccountId, mailbox: MailboxId | null): string =>
  `${account}.a.${digits(mailbox ?? 0, ID_DIGITS)}`;

/** Mailbox and name of an annotation's key. Account ids have no `.`, names may. */
export const annotationOfKey = (key: string): { mailboxId: MailboxId | null; name: string } => {
  const [, , mailbox = '', ...name] = key.split('.');
  return { mailboxId: Number.parseInt(mailbox, 16) || null, name: name.join('.') };
};

/** A content, in a collection of its own. */
export const contentKey = (account: AccountId, content: ContentId): string =>
  `${account}.${digits(content, ID_DIGITS)}`;

/** A piece of a content's field that is too long for its document. */
export const pieceKey = (content: string, field: string, number: number): string =>
  `${content}.${field}.${digits(number, UID_DIGITS)}`;

/** The number at the end of a key. */
export const numberOf = (key: string): number => Number.parseInt(key.slice(key.lastIndexOf('.') + 1), 16);

/** The mailbox of a placement's key. */
export const mailboxOf = (key: string): MailboxId => {
  const end = key.lastIndexOf('.');
  return Number.parseInt(key.slice(end - ID_DIGITS, end), 16);
};

/** All keys that begin with `prefix` and a point. */
export const below = (prefix: string): KeyCondition => ({ $gte: `${prefix}.`, $lte: `${prefix}.~` });

/** All keys of an account, in whichever collection. */
export const ofAccount = (account: AccountId): KeyCondition => ({ $gte: account, $lte: `${account}.~` });

/** The changes after a position. */
export const changesAfter = (account: AccountId, modSeq: ModSeq): KeyCondition => ({
  $gte: changeKey(account, modSeq + 1),
  $lte: `${account}.c.~`,
});

/** What was removed from a mailbox after a position. */
export const vanishedAfter = (account: AccountId, mailbox: MailboxId, modSeq: ModSeq): KeyCondition => ({
  $gte: vanishedKey(account, mailbox, modSeq + 1),
  $lte: `${account}.v.${digits(mailbox, ID_DIGITS)}.~`,
});

/**
 * A small record. Owner and key have no control characters, so a tab ends a part, and is before whatever could go on in
 * its place.
 */
export const vaultKey = ({ owner, kind, key }: VaultPlace): string => `${owner}\t${kind}\t${key}`;

/** Kind and key of a small record's `_id`. */
export const placeOfVaultKey = (id: string): Omit<VaultPlace, 'owner'> => {
  const [, kind = '', key = ''] = id.split('\t');
  return { kind, key };
};

/** All small records of an owner, of one kind or of any: a line feed comes right after a tab. */
export const ofOwner = (owner: string, kind?: string): { readonly $gt: string; readonly $lt: string } => {
  const prefix = kind === undefined ? owner : `${owner}\t${kind}`;
  return { $gt: `${prefix}\t`, $lt: `${prefix}\n` };
};
