/**
 * What every statement has to look like.
 *
 * One shard: a filter names the collection's shard key with one value (several only in the collections whose key is
 * `_id`); so does each document that is inserted, each part of an update or delete, and each collection that is joined.
 *
 * An index: beside the shard key, a filter, or each alternative of its `$or`, has one of
 * - `_id` as one value, as a list, or as a range with both ends (the index of `_id`, which every collection has);
 * - all other fields of a declared index, as one value or as a list (a filter that is no range of a partial index's
 *   field, or says that the field is there).
 * A shard key alone is not enough: only where there are shards has it an index.
 */

import type { Document } from 'mongodb';
import { BLOB_COLLECTION_PLANS } from '../../src/mongodb/blob-collections.ts';
import { COLLECTION_PLANS, type CollectionPlan } from '../../src/mongodb/collections.ts';
import type { SentCommand } from './command-watch.ts';

/** Statements that ask all shards, or go through a collection, because that is what they are for. */
export const EXCEPTIONS: readonly { readonly what: string; readonly is: (sent: SentCommand) => boolean }[] = [
  {
    what: 'the states of all accounts that a process watches, looked at by key',
    is: ({ name, collection, command: { filter } }) =>
      name === 'find' && collection === 'mail' && isList(filter?.account) && isList(filter?._id),
  },
  {
    what: 'a page of all accounts, or of all blobs',
    is: ({ name, collection, command: { filter, limit } }) =>
      name === 'find' && /^(?:accounts|blobs)$/.test(String(collection)) && '$gt' in Object(filter?._id) && limit > 0,
  },
  {
    what: 'which of some blobs any account mentions, by the index of mentions',
    is: ({ name, collection, command: { filter } }) =>
      name === 'find' && collection === 'contents' && isThere(filter?.blobs) && isList(filter?.['blobs.id']),
  },
  {
    what: 'small records of all owners that have expired, by the index of their ends',
    is: ({ name, collection, command }) => {
      const filter = name === 'delete' ? command.deletes?.[0]?.q : command.pipeline?.[0]?.$match;
      return collection === 'vault' && Object.keys(filter ?? {}).join() === 'expires' && '$lte' in filter.expires;
    },
  },
  {
    what: 'removals of accounts that a crash cut short, when a store is opened',
    is: ({ name, collection, command: { filter } }) =>
      name === 'find' && collection === 'accounts' && filter?.removing === true,
  },
  {
    what: 'the processes that have the store open, in a collection that is small and on one shard',
    is: ({ name, collection, command }) => {
      const filter = name === 'find' ? command.filter : command.deletes?.[0]?.q;
      return collection === 'meta' && filter?._id?.$gte === 'process.' && filter._id.$lt === 'process.~';
    },
  },
];

const PLANS = new Map<string, CollectionPlan>(
  [...COLLECTION_PLANS, ...BLOB_COLLECTION_PLANS].map((plan) => [plan.name, plan]),
);

/** What is wrong with a statement; nothing, as a rule. */
export function violations(sent: SentCommand): string[] {
  if (sent.collection === null || sent.name === 'getMore' || EXCEPTIONS.some(({ is }) => is(sent))) return [];
  const plan = PLANS.get(sent.collection);
  if (!plan)
    return AT_OPENING.has(sent.name) ? [] : [`${sent.name}: a collection that is not declared: ${sent.collection}`];
  const found: string[] = [];
  for (const document of sent.command.documents ?? []) {
    const key = plan.shardKey === null ? '_id' : plan.shardKey;
    if (typeof document[key] !== 'string') found.push('an inserted document without the shard key');
  }
  for (const filter of filtersOf(sent)) found.push(...filterViolations(plan, filter));
  for (const stage of (sent.command.pipeline ?? []) as Document[]) found.push(...joinViolations(stage));
  return found.map((what) => `${sent.collection}.${sent.name}: ${what}: ${JSON.stringify(sent.command).slice(0, 600)}`);
}

/** Sent once when a store is opened; they are about collections. */
const AT_OPENING = new Set([
  'listCollections',
  'listIndexes',
  'create',
  'createIndexes',
  'shardCollection',
  'enableSharding',
]);

/** The filters of a statement. */
function filtersOf({ name, command }: SentCommand): Document[] {
  switch (name) {
    case 'find':
      return [command.filter ?? {}];
    case 'aggregate':
      return [command.pipeline[0]?.$match ?? {}];
    case 'findAndModify':
    case 'count':
    case 'distinct':
      return [command.query ?? {}];
    case 'update':
      return command.updates.map(({ q }: Document) => q);
    case 'delete':
      return command.deletes.map(({ q }: Document) => q);
    case 'insert':
      return [];
    default:
      return AT_OPENING.has(name) ? [] : [{}];
  }
}

/** What is wrong with a filter. */
export function filterViolations(plan: CollectionPlan, filter: Document): string[] {
  const found: string[] = [];
  const { $or, ...common } = filter;
  const key = plan.shardKey ?? '_id';
  if (typeof common[key] !== 'string' && !(key === '_id' && isList(common._id))) found.push('no one shard key');
  const alternatives: Document[] = Array.isArray($or) ? $or : [{}];
  for (const alternative of alternatives) {
    if (!hasIndex(plan, [...flat(common), ...flat(alternative)])) found.push('no index');
  }
  return found;
}

/** The conditions that must all hold. */
function flat(condition: Document): Document[] {
  const { $and, ...rest } = condition;
  return [rest, ...(Array.isArray($and) ? $and.flatMap(flat) : [])];
}

function hasIndex(plan: CollectionPlan, conditions: readonly Document[]): boolean {
  const on = (field: string): unknown[] => conditions.filter((part) => field in part).map((part) => part[field]);
  if (on('_id').some((value) => isValues(value) || isRange(value))) return true;
  return plan.indexes.some(({ key, having }) => {
    const fields = Object.keys(key).filter((field) => field !== plan.shardKey);
    const isServed = fields.every((field) => on(field).some(isValues));
    return isServed && (having === undefined || fields.includes(having) || on(having).some(isThere));
  });
}

/** What is wrong with a stage that joins another collection. */
function joinViolations(stage: Document): string[] {
  if (stage.$unionWith || stage.$graphLookup) return ['a stage that nobody has thought about'];
  const join = stage.$lookup as Document | undefined;
  if (!join) return [];
  const plan = PLANS.get(join.from);
  const match = (join.pipeline as Document[] | undefined)?.[0]?.$match ?? {};
  const byKey = { ...match, [join.foreignField]: match[join.foreignField] ?? 'the value of the local field' };
  return plan ? filterViolations(plan, byKey) : ['a join of what is not declared'];
}

const isList = (value: unknown): boolean => Array.isArray((value as Document | null)?.$in);
const isThere = (value: unknown): boolean => (value as Document | null)?.$exists === true;
const isValues = (value: unknown): boolean => typeof value === 'string' || typeof value === 'boolean' || isList(value);
const isRange = (value: unknown): boolean =>
  value !== null &&
  typeof value === 'object' &&
  ('$gte' in value || '$gt' in value) &&
  ('$lte' in value || '$lt' in value);
