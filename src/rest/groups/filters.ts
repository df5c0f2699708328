/** Operations on filters. */

import { z } from 'zod';
import { type FlatFilterQuery, fromFlatQuery, toFlatQuery } from '../../delivery/filter-flat-query.ts';
import type { Filter, FilterCondition, FilterPatch, NullableActions } from '../../model/filter.ts';
import type { AccountId } from '../../model/ids.ts';
import { mailboxObjectId } from '../../model/object-ids.ts';
import type { MessageStore } from '../../store/message-store.ts';
import {
  doneResponse,
  flagField,
  idField,
  madeResponse,
  metaDataField,
  pageFields,
  pageResponse,
  userField,
} from '../fields.ts';
import { readData } from '../json-data.ts';
import { parseMailboxId } from '../object-ids.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, pageFieldsOf, pageOfSorted, placeOf } from '../paging.ts';
import { ApiError } from '../problems.ts';

const group = 'Filters';
const text = z.string().max(255).nullish();

const queryField = z
  .strictObject({
    from: text,
    to: text,
    subject: text,
    listId: text,
    text,
    ha: z.union([z.boolean(), z.literal('')]).nullish(),
    size: z.union([z.number().int(), z.literal('')]).nullish(),
  })
  .meta({ id: 'FilterQuery' });
const actionField = z
  .strictObject({
    seen: z.union([z.boolean(), z.literal('')]).nullish(),
    flag: z.union([z.boolean(), z.literal('')]).nullish(),
    delete: z.union([z.boolean(), z.literal('')]).nullish(),
    spam: z.union([z.boolean(), z.literal('')]).nullish(),
    mailbox: z.string().max(64).nullish(),
    targets: z.array(z.string().max(2048)).max(25).nullish(),
    keywords: z.array(z.string().max(255)).max(20).nullish(),
    labels: z.array(z.string().max(64)).max(20).nullish(),
    stop: z.boolean().nullish(),
  })
  .meta({ id: 'FilterAction' });
type Action = z.output<typeof actionField>;

const fields = {
  name: z.string().max(255).optional(),
  query: queryField.optional().meta({ description: 'Conditions that must all hold' }),
  conditions: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'In place of `query`: conditions as a tree' }),
  action: actionField.optional(),
  disabled: z.boolean().optional(),
  metaData: metaDataField.optional(),
};
const pairs = z.array(z.array(z.string()));
const shown = {
  id: z.string(),
  name: z.string(),
  created: z.string(),
  disabled: z.boolean(),
  metaData: z.unknown().optional(),
};
const listed = {
  ...shown,
  query: pairs,
  action: pairs,
  targets: z.array(z.string()).optional(),
  conditions: z.unknown(),
};

const getAllFilters = operation({
  id: 'getAllFilters',
  method: 'get',
  path: '/filters',
  group,
  summary: 'List the filters of all users',
  access: { resource: 'filters', verb: 'read', any: true },
  query: {
    forward: z.string().max(255).optional().meta({ description: 'Part of a target' }),
    metaData: flagField('Whether to tell metaData'),
    ...pageFields,
  },
  response: z.object({ ...pageResponse, results: z.array(z.object({ ...listed, user: z.string() })) }),
  async run({ store, input }) {
    const found: { key: string; shown: object }[] = [];
    const wanted = input.forward?.toLowerCase();
    for await (const { id } of store.accounts.list()) {
      for (const filter of await store.filters.list(id)) {
        if (wanted !== undefined && !targetsOf(filter).some((target) => target.toLowerCase().includes(wanted)))
          continue;
        found.push({ key: `${id} ${filter.id}`, shown: { ...list(id, filter, input.metaData), user: id } });
      }
    }
    const page = pageOfSorted(found, 'asc', placeOf(input, isText), input.limit);
    return { total: found.length, ...pageFieldsOf(page, input), results: page.entries.map((one) => one.shown) };
  },
});

const getFilters = operation({
  id: 'getFilters',
  method: 'get',
  path: '/users/{user}/filters',
  group,
  summary: 'List the filters of a user, in the order in which they are looked at',
  access: { resource: 'filters', verb: 'read' },
  params: { user: userField },
  query: { metaData: flagField('Whether to tell metaData') },
  response: z.object({
    limits: z.object({ allowed: z.number(), used: z.number() }),
    results: z.array(z.object(listed)),
  }),
  async run({ store, user, input }) {
    const all = await store.filters.list(user.id);
    const { limits } = await store.quota(user.id);
    return {
      limits: { allowed: limits.filters ?? 0, used: all.length },
      results: all.map((filter) => list(user.id, filter, input.metaData)),
    };
  },
});

const createFilter = operation({
  id: 'createFilter',
  method: 'post',
  path: '/users/{user}/filters',
  group,
  summary: 'Make a filter',
  access: { resource: 'filters', verb: 'create' },
  params: { user: userField },
  body: fields,
  response: madeResponse,
  errors: ['NoSuchMailbox', 'LimitExceeded', 'Unsupported'],
  async run({ store, user, input }) {
    const conditions = conditionsOf(input) ?? fromFlatQuery({});
    const { id } = await store.filters.create(user.id, {
      name: input.name ?? '',
      enabled: !(input.disabled ?? false),
      conditions,
      actions: actionsOf(user.id, input.action ?? {}),
      ...(input.metaData !== undefined && { metadata: readData('metaData', input.metaData) }),
    });
    return { id };
  },
});

const getFilter = operation({
  id: 'getFilter',
  method: 'get',
  path: '/users/{user}/filters/{filter}',
  group,
  summary: 'Tell of a filter',
  access: { resource: 'filters', verb: 'read' },
  params: { user: userField, filter: z.string().min(1).max(64) },
  response: z.object({ ...shown, query: z.unknown(), action: z.unknown(), conditions: z.unknown() }),
  errors: ['FilterNotFound'],
  async run({ store, user, input }) {
    const filter = await requireFilter(store, user.id, input.filter);
    return {
      ...common(filter, true),
      query: toFlatQuery(filter.conditions) ?? {},
      action: flatAction(user.id, filter),
    };
  },
});

const updateFilter = operation({
  id: 'updateFilter',
  method: 'put',
  path: '/users/{user}/filters/{filter}',
  group,
  summary: 'Change a filter',
  description: 'What is not given stays; what is `null` or empty goes',
  access: { resource: 'filters', verb: 'update' },
  params: { user: userField, filter: z.string().min(1).max(64) },
  body: fields,
  response: doneResponse,
  errors: ['FilterNotFound', 'NoSuchMailbox', 'Unsupported'],
  async run({ store, user, input }) {
    const before = await requireFilter(store, user.id, input.filter);
    const conditions = conditionsOf(input, before);
    const patch: FilterPatch = {
      ...(input.name !== undefined && { name: input.name }),
      ...(input.disabled !== undefined && { enabled: !input.disabled }),
      ...(conditions && { conditions }),
      ...(input.action && { actions: actionsOf(user.id, input.action) }),
      ...(input.metaData !== undefined && { metadata: readData('metaData', input.metaData) }),
    };
    await store.filters.update(user.id, before.id, patch);
    return {};
  },
});

const deleteFilter = operation({
  id: 'deleteFilter',
  method: 'delete',
  path: '/users/{user}/filters/{filter}',
  group,
  summary: 'Delete a filter',
  access: { resource: 'filters', verb: 'delete' },
  params: { user: userField, filter: idField('ID of the filter') },
  response: doneResponse,
  errors: ['FilterNotFound'],
  async run({ store, user, input }) {
    if (await store.filters.remove(user.id, input.filter)) return {};
    throw new ApiError('FilterNotFound', 'this filter does not exist');
  },
});

async function requireFilter(store: MessageStore, account: AccountId, id: string): Promise<Filter> {
  const filter = await store.filters.get(account, id);
  if (!filter) throw new ApiError('FilterNotFound', 'this filter does not exist');
  return filter;
}

/** The conditions that are given, over those that there are; `null` for none. */
function conditionsOf(
  input: { readonly query?: z.output<typeof queryField> | undefined; readonly conditions?: unknown },
  before?: Filter,
): FilterCondition | null {
  if (input.conditions !== undefined) return input.conditions as FilterCondition;
  if (!input.query) return null;
  const given = Object.fromEntries(
    Object.entries(input.query).map(([name, value]) => [name, value === '' ? null : value]),
  );
  return fromFlatQuery({ ...(before && toFlatQuery(before.conditions)), ...given } as FlatFilterQuery);
}

function actionsOf(account: AccountId, action: Action): NullableActions {
  const given = <T>(value: T | '' | null | undefined): T | null | undefined => (value === '' ? null : value);
  const { targets } = action;
  const relay = targets?.find((target) => /^smtps?:/i.test(target));
  if (relay !== undefined) throw new ApiError('Unsupported', 'a filter forwards to addresses, not to relays');
  const hooks = targets?.filter((target) => /^https?:/i.test(target));
  const addresses = targets?.filter((target) => !/^https?:/i.test(target));
  const entries: [string, unknown][] = [
    ['seen', given(action.seen)],
    ['flag', given(action.flag)],
    ['delete', given(action.delete)],
    ['junk', given(action.spam)],
    ['mailbox', action.mailbox ? parseMailboxId(account, action.mailbox) : given(action.mailbox)],
    ['labels', action.labels ? action.labels.map((label) => parseMailboxId(account, label)) : action.labels],
    ['keywords', action.keywords],
    ['stop', action.stop],
    ['forward', targets ? (addresses?.length ? addresses : null) : targets],
    ['webhooks', targets ? (hooks?.length ? hooks : null) : targets],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as NullableActions;
}

function flatAction(account: AccountId, filter: Filter): object {
  const { seen, flag, delete: remove, junk, mailbox, labels, keywords, stop } = filter.actions;
  const targets = targetsOf(filter);
  return Object.fromEntries(
    Object.entries({
      seen,
      flag,
      delete: remove,
      spam: junk,
      mailbox: mailbox === undefined ? undefined : mailboxObjectId(account, mailbox),
      labels: labels?.map((id) => mailboxObjectId(account, id)),
      keywords,
      stop,
      targets: targets.length === 0 ? undefined : targets,
    }).filter(([, value]) => value !== undefined),
  );
}

function targetsOf({ actions }: Filter): string[] {
  return [...(actions.forward ?? []), ...(actions.webhooks ?? [])];
}

function list(account: AccountId, filter: Filter, withData: boolean): object {
  const query = Object.entries(toFlatQuery(filter.conditions) ?? {}).map(([name, value]) => [name, String(value)]);
  const action = Object.entries(flatAction(account, filter)).map(([name, value]) => [name, String(value)]);
  const targets = targetsOf(filter);
  return { ...common(filter, withData), query, action, ...(targets.length > 0 && { targets }) };
}

function common({ id, name, created, enabled, conditions, metadata }: Filter, withData: boolean): object {
  return {
    id,
    name,
    created: new Date(created).toISOString(),
    disabled: !enabled,
    conditions,
    ...(withData && { metaData: metadata ?? {} }),
  };
}

/** The operations on filters. */
export const filterOperations: readonly Operation[] = [
  getAllFilters,
  getFilters,
  createFilter,
  getFilter,
  updateFilter,
  deleteFilter,
];
