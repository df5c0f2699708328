/** Filters as records: what is kept of them, what changes, and the order in which they are looked at. */

import type { VaultEntry } from '../engine/vault.ts';
import { isEiderError } from '../errors.ts';
import {
  type Filter,
  type FilterActions,
  type FilterMetadata,
  type FilterOptions,
  type FilterPatch,
  MAX_FILTER_OCTETS,
} from '../model/filter.ts';
import type { MailboxId } from '../model/ids.ts';
import type { MailboxRef } from '../model/mailbox.ts';
import { type GivenActions, readActions } from './filter-actions.ts';
import { readConditions } from './filter-conditions.ts';
import { invalid, readBoolean, readInteger, readJson, readObject, readText } from './filter-json.ts';

/** What the keys of filters begin with; the id follows. */
const FILTER_KEY = 'filter ';
/** Key of the record that says which filters come first. */
export const FILTER_ORDER_KEY = 'filterOrder';

const MAX_NAME = 255;
const METADATA = { levels: 20, values: 2_000 };
const ID = /^(?:[0-9a-f]{24}|[2-9a-z]{16})$/;
const MEMBERS = ['name', 'enabled', 'conditions', 'actions', 'metadata'];

/** A filter whose mailboxes may be named by path. */
export type FilterDraft = Omit<Filter, 'id' | 'created' | 'actions'> & { readonly actions: FilterActions<MailboxRef> };

/** The filters of an account, in the order in which they are looked at. */
export interface FilterSet {
  readonly filters: readonly Filter[];
  /** Ids of records that this version cannot read. */
  readonly unreadable: readonly string[];
}

/** Reads what a new filter is made of. @throws `FILTER_INVALID`. */
export function readFilterOptions(options: FilterOptions): FilterDraft {
  const object = readObject(options, '', MEMBERS);
  if (!object.has('conditions')) throw invalid('conditions', 'are missing');
  return merged(
    { name: '', enabled: true, conditions: { all: [] }, actions: {}, metadata: null },
    readFilterPatch(options),
  );
}

/** What a filter is after a change. @throws `FILTER_INVALID`. */
export function patchFilter({ name, enabled, conditions, actions, metadata }: Filter, patch: FilterPatch): FilterDraft {
  return merged({ name, enabled, conditions, actions, metadata }, readFilterPatch(patch));
}

type ReadPatch = Partial<Omit<FilterDraft, 'actions'>> & { readonly actions?: GivenActions };

function readFilterPatch(patch: unknown): ReadPatch {
  const object = readObject(patch, '', MEMBERS);
  const read = <T>(name: string, reader: (value: unknown, path: string) => T): { readonly [name: string]: T } =>
    object.has(name) ? { [name]: reader(object.get(name), name) } : {};
  return {
    ...read('name', (value, path) => readText(value, path, [0, MAX_NAME])),
    ...read('enabled', readBoolean),
    ...read('conditions', readConditions),
    ...read('actions', readActions),
    ...read('metadata', readMetadata),
  };
}

function readMetadata(value: unknown, path: string): FilterMetadata | null {
  if (value === null) return null;
  if (Array.isArray(value) || typeof value !== 'object') throw invalid(path, 'is no object');
  return readJson(value, path, METADATA) as FilterMetadata;
}

function merged(before: FilterDraft, { actions, ...patch }: ReadPatch): FilterDraft {
  const left = Object.entries({ ...before.actions, ...actions }).filter(([, value]) => value !== null);
  if (left.length === 0) throw invalid('actions', 'there are none');
  return { ...before, ...patch, actions: Object.fromEntries(left) as FilterActions<MailboxRef> };
}

/** The value of a filter's record. @throws `FILTER_INVALID` when it is too long. */
export function filterValue({ id: _, ...stored }: Filter): string {
  const value = JSON.stringify(stored);
  if (Buffer.byteLength(value) > MAX_FILTER_OCTETS) {
    throw invalid('', `has more than ${MAX_FILTER_OCTETS} octets as JSON`);
  }
  return value;
}

/** Where a filter's record is; `null` for what is no id. */
export function filterKey(id: string): string | null {
  return ID.test(id) ? FILTER_KEY + id : null;
}

/** The id that a key names; `null` for keys of other records. */
export function filterIdOf(key: string): string | null {
  return key.startsWith(FILTER_KEY) ? key.slice(FILTER_KEY.length) : null;
}

/**
 * The filters among the records that a delivery looks at, in their order. One that this version cannot read, as a
 * newer one may have written it, is left out and told.
 */
export function readFilters(entries: readonly VaultEntry[]): FilterSet {
  const filters: Filter[] = [];
  const unreadable: string[] = [];
  for (const entry of entries) {
    const id = filterIdOf(entry.key);
    if (id === null) continue;
    const filter = readFilter(id, entry);
    if (filter) filters.push(filter);
    else unreadable.push(id);
  }
  const order = readFilterOrder(entries.find(({ key }) => key === FILTER_ORDER_KEY) ?? null);
  return { filters: inOrder(filters, order), unreadable };
}

/** A filter of its record; `null` for one that this version cannot read. */
export function readFilter(id: string, { value }: VaultEntry): Filter | null {
  try {
    const object = readObject(JSON.parse(value), '', [...MEMBERS, 'created']);
    const created = readInteger(object.get('created'), 'created', 0, Number.MAX_SAFE_INTEGER);
    const options = Object.fromEntries([...object].filter(([name]) => name !== 'created'));
    const draft = readFilterOptions(options as unknown as FilterOptions);
    // Kept with ids alone.
    return { id, ...draft, actions: draft.actions as FilterActions<MailboxId>, created };
  } catch (error) {
    if (isEiderError(error, 'FILTER_INVALID') || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Ids of those that come first; those of filters that are gone do no harm. */
export function readFilterOrder(entry: VaultEntry | null): readonly string[] {
  if (entry === null) return [];
  const order = JSON.parse(entry.value) as unknown;
  return Array.isArray(order) ? order.filter((id): id is string => typeof id === 'string') : [];
}

function inOrder(filters: readonly Filter[], order: readonly string[]): Filter[] {
  const places = new Map(order.map((id, index) => [id, index]));
  const place = ({ id }: Filter): number => places.get(id) ?? order.length;
  return [...filters].sort((a, b) => place(a) - place(b) || a.created - b.created || (a.id < b.id ? -1 : 1));
}
