/** Reads the actions of a filter, and refuses what cannot be one. */

import { isEiderError } from '../errors.ts';
import { normalizeAddress } from '../model/address.ts';
import type { FilterActions } from '../model/filter.ts';
import { parseFlags } from '../model/flags.ts';
import { type MailboxRef, normalizePath } from '../model/mailbox.ts';
import { MAX_WEBHOOK_URL, readWebhookUrl } from '../model/webhook-url.ts';
import { invalid, member, readBoolean, readInteger, readList, readObject, readText } from './filter-json.ts';

/** Most entries of `labels`, `keywords` and `forward` of one filter. */
export const MAX_ACTION_LIST = 20;
/** Most webhooks of one filter. */
export const MAX_FILTER_WEBHOOKS = 5;
const MAX_TEXT = 4_096;

type Reader = (value: unknown, path: string) => unknown;

const READERS: ReadonlyMap<keyof FilterActions, Reader> = new Map<keyof FilterActions, Reader>([
  ['mailbox', readMailbox],
  ['labels', (value, path) => unique(readList(value, path, [1, MAX_ACTION_LIST], readMailbox))],
  ['seen', readBoolean],
  ['flag', readBoolean],
  ['keywords', (value, path) => unique(readList(value, path, [1, MAX_ACTION_LIST], readKeyword))],
  ['junk', readBoolean],
  ['delete', readBoolean],
  ['forward', (value, path) => unique(readList(value, path, [1, MAX_ACTION_LIST], readAddress))],
  ['webhooks', (value, path) => unique(readList(value, path, [1, MAX_FILTER_WEBHOOKS], readUrl))],
  ['stop', readBoolean],
]);

/** Actions with those that are to go as `null`. */
export type GivenActions = { readonly [Key in keyof FilterActions]?: FilterActions<MailboxRef>[Key] | null };

/** Reads actions; one that is `null` stays so. @throws `FILTER_INVALID`. */
export function readActions(value: unknown, path = 'actions'): GivenActions {
  const object = readObject(value, path, [...READERS.keys()]);
  const read = [...READERS].flatMap(([name, reader]) => {
    if (!object.has(name)) return [];
    const given = object.get(name);
    return [[name, given === null ? null : reader(given, member(path, name))] as const];
  });
  return Object.fromEntries(read) as GivenActions;
}

function readMailbox(value: unknown, path: string): MailboxRef {
  if (typeof value === 'number') return readInteger(value, path, 1, Number.MAX_SAFE_INTEGER);
  return refuse(path, 'is no mailbox', () => normalizePath(readText(value, path, [1, MAX_TEXT])));
}

function readKeyword(value: unknown, path: string): string {
  const keyword = readText(value, path, [1, MAX_TEXT]);
  const { keywords } = refuse(path, 'is no keyword', () => parseFlags([keyword]));
  if (keywords === '') throw invalid(path, 'is no keyword: system flags have actions of their own');
  return keyword;
}

function readAddress(value: unknown, path: string): string {
  return refuse(path, 'is no address', () => normalizeAddress(readText(value, path, [1, MAX_TEXT])));
}

function readUrl(value: unknown, path: string): string {
  const read = readWebhookUrl(readText(value, path, [1, MAX_WEBHOOK_URL]));
  if ('fault' in read) throw invalid(path, read.fault);
  return read.href;
}

function refuse<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isEiderError(error) && error.code !== 'FILTER_INVALID') throw invalid(path, `${what}: ${error.message}`);
    throw error;
  }
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}
