/** What lines of a file of accounts must look like: whoever wrote the file may have written anything. */

import type { TransferPlacement, TransferState, TransferThreadKey } from '../engine/account-transfer.ts';
import { parseChange } from '../engine/change-text.ts';
import type { AccountRecord } from '../engine/engine.ts';
import type { AnnotationRecord } from '../engine/records.ts';
import { isEiderError } from '../errors.ts';
import { changeLimits, NO_LIMITS } from '../model/account-limits.ts';
import { normalizeAccountName, normalizeAddress } from '../model/address.ts';
import { MAX_ANNOTATION_OCTETS, requireAnnotationName } from '../model/annotation.ts';
import type { Change } from '../model/change.ts';
import { parseFlags } from '../model/flags.ts';
import { type Mailbox, normalizePath, SPECIAL_USES } from '../model/mailbox.ts';
import type { ExportedRecord } from './export-lines.ts';
import { isHidden } from './hidden-mailboxes.ts';
import { invalidExport } from './import-reader.ts';

const MAX_ADDRESSES = 1_000;
const MAX_HASH = 1_024;
const MAX_ROWS = 1_000;
const MAX_UID = 0xffffffff;

type Fields = Readonly<Record<string, unknown>>;

/** The list in a line. @throws `EXPORT_INVALID`, as all of this file. */
export function rowsOf(value: unknown): readonly Fields[] {
  if (!Array.isArray(value) || value.length > MAX_ROWS) throw unfit('a list');
  return value.map((row) => fieldsOf(row));
}

/** An account; its id names files and keys, so it is nothing but letters and digits. */
export function accountOf(value: unknown): AccountRecord {
  const fields = fieldsOf(value);
  const { id, name, passwordHash, copies, addresses } = fields;
  if (typeof id !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw unfit('an id of an account');
  if (typeof name !== 'string' || !isSame(normalizeAccountName, name)) throw unfit('a name of an account');
  if (!isTexts(addresses) || addresses.length > MAX_ADDRESSES) throw unfit('addresses');
  if (addresses.some((address) => !isSame(normalizeAddress, address))) throw unfit('addresses');
  if (passwordHash !== null && (typeof passwordHash !== 'string' || passwordHash.length > MAX_HASH)) {
    throw unfit('the hash of a password');
  }
  if (copies !== 'label' && copies !== 'separate') throw unfit('an account');
  const limits = orUnfit('limits', () => changeLimits(NO_LIMITS, fieldsOf(fields.limits) as never));
  return { id, name, addresses, passwordHash, copies, limits, created: whole(fields.created) };
}

/** The state with its mailboxes. */
export function stateOf(value: unknown): TransferState {
  const fields = fieldsOf(value);
  if (!Array.isArray(fields.mailboxes) || !isTexts(fields.subscriptions)) throw unfit('a state');
  return {
    modSeq: count(fields.modSeq),
    octets: count(fields.octets),
    messages: count(fields.messages),
    changesExpired: count(fields.changesExpired),
    nextId: count(fields.nextId),
    nextUidValidity: count(fields.nextUidValidity),
    mailboxes: fields.mailboxes.map(mailboxOf),
    subscriptions: fields.subscriptions.map((path) => pathOf(path)),
  };
}

function mailboxOf(value: unknown): Mailbox {
  const fields = fieldsOf(value);
  const { path, specialUse } = fields;
  if (typeof path !== 'string') throw unfit('a mailbox');
  if (specialUse !== null && !(SPECIAL_USES as readonly unknown[]).includes(specialUse)) throw unfit('a special use');
  return {
    id: count(fields.id),
    path: isHidden({ path }) ? path : pathOf(path),
    uidValidity: uid(fields.uidValidity),
    uidNext: count(fields.uidNext),
    specialUse: specialUse as Mailbox['specialUse'],
    messages: count(fields.messages),
    unseen: count(fields.unseen),
    deleted: count(fields.deleted),
    octets: count(fields.octets),
    createdModSeq: count(fields.createdModSeq),
    highestModSeq: count(fields.highestModSeq),
  };
}

/** A message in a mailbox. */
export function placementOf(fields: Fields): TransferPlacement {
  const { keywords } = fields;
  if (typeof keywords !== 'string' || (keywords !== '' && !isSame(normalKeywords, keywords))) throw unfit('keywords');
  const mask = count(fields.mask);
  if (mask > 31) throw unfit('flags');
  return {
    uid: uid(fields.uid),
    emailId: count(fields.emailId),
    contentId: count(fields.contentId),
    threadId: count(fields.threadId),
    modSeq: count(fields.modSeq),
    mask,
    keywords,
    internalDate: whole(fields.internalDate),
    saveDate: whole(fields.saveDate),
    size: count(fields.size),
    sentDay: whole(fields.sentDay),
  };
}

/** A key of a thread. */
export function threadKeyOf({ key, threadId }: Fields): TransferThreadKey {
  if (typeof key !== 'string' || !/^[0-9a-f]{32}$/.test(key)) throw unfit('a key of a thread');
  return { key, threadId: count(threadId) };
}

/** An annotation. */
export function annotationOf({ mailboxId, name, value }: Fields): AnnotationRecord {
  if (typeof name !== 'string' || !isSame(requireAnnotationName, name)) throw unfit('an annotation');
  if (typeof value !== 'string') throw unfit('an annotation');
  const octets = Buffer.from(value, 'base64');
  if (octets.length > MAX_ANNOTATION_OCTETS || octets.toString('base64') !== value) throw unfit('an annotation');
  return { mailboxId: mailboxId === null ? null : count(mailboxId), name, value: octets };
}

/** A change. */
export function changeOf({ modSeq, time, items }: Fields): Change {
  if (typeof items !== 'string') throw unfit('a change');
  const row = { modSeq: count(modSeq), time: whole(time), items };
  return orUnfit('a change', () => parseChange(row));
}

/** A small record; its bounds are the engine's. */
export function recordOf({ kind, key, value, expires }: Fields): ExportedRecord {
  if (typeof kind !== 'string' || typeof key !== 'string' || typeof value !== 'string') throw unfit('a small record');
  return { kind, key, value, expires: expires === null ? null : whole(expires) };
}

/** A number that is none below 0. */
export function count(value: unknown): number {
  const number = whole(value);
  if (number < 0) throw unfit('a number');
  return number;
}

function uid(value: unknown): number {
  const number = count(value);
  if (number < 1 || number > MAX_UID) throw unfit('a UID');
  return number;
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw unfit('a number');
  return value as number;
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unfit('an object');
  return value as Fields;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function pathOf(path: string): string {
  if (!isSame(normalizePath, path)) throw unfit('the name of a mailbox');
  return path;
}

/** As they are kept: sorted, each once. */
const normalKeywords = (keywords: string): string => parseFlags(keywords.split(' ')).keywords;

/** Whether it is in normal form already. */
function isSame(normalize: (text: string) => string, text: string): boolean {
  try {
    return normalize(text) === text;
  } catch (error) {
    if (isEiderError(error)) return false;
    throw error;
  }
}

function orUnfit<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw invalidExport(`the file has what is no ${what}`, error);
  }
}

const unfit = (what: string): Error => invalidExport(`the file has what cannot be ${what}`);
