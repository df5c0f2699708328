/** Automatic replies as a store keeps them. */

import type { Vault, VaultEntry } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import { AUTO_REPLY_DEFAULTS, type AutoReplies, type AutoReply, MAX_AUTO_REPLY_OCTETS } from '../model/auto-reply.ts';
import type { AccountId } from '../model/ids.ts';
import { type GetAccount, overlay, requireAccount, SettingRecords } from './setting-records.ts';

const KEY = 'autoReply';
const MAX_SUBJECT = 200;
const MAX_NAME = 100;
const MAX_DAYS = 365;
/** What no line of a header may hold. */
const UNFIT_LINE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
const UNFIT_TEXT = /[\p{Cs}\0]/u;

/** See {@link AutoReplies}. */
export class StoreAutoReplies implements AutoReplies {
  readonly #records: SettingRecords<AutoReply>;
  readonly #getAccount: GetAccount;

  constructor(vault: Vault, getAccount: GetAccount) {
    this.#records = recordsIn(vault);
    this.#getAccount = getAccount;
  }

  get(account: AccountId): Promise<AutoReply | null> {
    return this.#records.get(account);
  }

  async set(account: AccountId, change: Partial<AutoReply>): Promise<AutoReply> {
    await requireAccount(this.#getAccount, account);
    return this.#records.change(account, (before) => checked(overlay(before ?? AUTO_REPLY_DEFAULTS, change)));
  }

  remove(account: AccountId): Promise<boolean> {
    return this.#records.remove(account);
  }
}

/** Of all records of the kind `delivery` that an account has; `null` when it has no automatic reply. */
export function readAutoReply(entries: readonly VaultEntry[]): AutoReply | null {
  const entry = entries.find(({ key }) => key === KEY);
  return entry ? read(entry.value) : null;
}

function recordsIn(vault: Vault): SettingRecords<AutoReply> {
  return new SettingRecords(vault, KEY, { read, write });
}

// Texts stand after the JSON as they are: escaped, two of the longest would not fit into a record.
function write({ text, html, ...rest }: AutoReply): string {
  return `${JSON.stringify({ ...rest, textLength: text.length })}\n${text}${html}`;
}

function read(value: string): AutoReply {
  const end = value.indexOf('\n');
  const { textLength, ...rest } = JSON.parse(value.slice(0, end)) as Omit<AutoReply, 'text' | 'html'> & {
    readonly textLength: number;
  };
  const texts = value.slice(end + 1);
  return { ...rest, text: texts.slice(0, textLength), html: texts.slice(textLength) };
}

function checked(reply: AutoReply): AutoReply {
  const { enabled, subject, text, html, start, end, intervalDays, name } = reply;
  if (typeof enabled !== 'boolean') throw invalid('an automatic reply is enabled or not');
  requireLine('subject', subject, MAX_SUBJECT);
  requireLine('name', name, MAX_NAME);
  requireText('text', text);
  requireText('HTML', html);
  for (const time of [start, end]) {
    if (time !== null && !(Number.isSafeInteger(time) && time >= 0)) {
      throw invalid('an automatic reply starts and ends at whole milliseconds since 1970');
    }
  }
  if (start !== null && end !== null && end <= start) throw invalid('the automatic reply ends before it starts');
  if (!Number.isInteger(intervalDays) || intervalDays < 1 || intervalDays > MAX_DAYS) {
    throw invalid(`a sender gets the reply once in 1 to ${MAX_DAYS} days`);
  }
  if (enabled && `${text}${html}`.trim() === '') throw invalid('the automatic reply has neither text nor HTML');
  return reply;
}

function requireLine(what: string, line: unknown, max: number): void {
  if (typeof line !== 'string' || Array.from(line.slice(0, 2 * max + 1)).length > max) {
    throw invalid(`the ${what} is a text of at most ${max} characters`);
  }
  if (UNFIT_LINE.test(line)) throw invalid(`the ${what} is one line without control characters`);
}

function requireText(what: string, text: unknown): void {
  if (typeof text !== 'string' || Buffer.byteLength(text) > MAX_AUTO_REPLY_OCTETS) {
    throw invalid(`the ${what} has at most ${MAX_AUTO_REPLY_OCTETS} octets`);
  }
  if (UNFIT_TEXT.test(text)) throw invalid(`the ${what} is well-formed Unicode`);
}

function invalid(message: string): EiderError {
  return new EiderError('INVALID_ARGUMENT', message);
}
