/** Operations on the addresses of users, and on where mail for an address goes. */

import { z } from 'zod';
import type { Account } from '../../model/account.ts';
import type { AccountAddress } from '../../model/addresses.ts';
import { addressObjectId, OBJECT_ID } from '../../model/object-ids.ts';
import type { MessageStore } from '../../store/message-store.ts';
import {
  doneResponse,
  flagField,
  madeResponse,
  metaDataField,
  pageFields,
  pageResponse,
  userField,
} from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, pageFieldsOf, pageOfSorted, placeOf } from '../paging.ts';
import { ApiError } from '../problems.ts';
import { addressField, commonFields, detailsOf, requireNoInternal, wantedAddress } from './address-fields.ts';

const group = 'Addresses';

const tags = z.array(z.string().max(64)).max(20).optional();
const shown = {
  id: z.string(),
  name: z.string(),
  address: z.string(),
  main: z.boolean(),
  created: z.string(),
  tags: z.array(z.string()),
  metaData: z.unknown().optional(),
};

const getAddresses = operation({
  id: 'getAddresses',
  method: 'get',
  path: '/addresses',
  group,
  summary: 'List the addresses of all users, and those that only forward',
  access: { resource: 'addresslisting', verb: 'read' },
  query: {
    query: z.string().max(255).optional().meta({ description: 'Part of an address' }),
    tags: z.string().max(1024).optional().meta({ description: 'Tags with commas between; one of them is enough' }),
    requiredTags: z.string().max(1024).optional().meta({ description: 'Tags with commas between, all of them' }),
    metaData: flagField('Whether to tell metaData'),
    internalData: flagField('Taken for compatibility'),
    ...pageFields,
  },
  response: z.object({
    ...pageResponse,
    query: z.string().optional(),
    results: z.array(
      z
        .object({
          id: z.string(),
          name: z.string(),
          address: z.string(),
          user: z.string().optional(),
          forwarded: z.boolean(),
          forwardedDisabled: z.boolean(),
          targets: z.array(z.string()).optional(),
          tags: z.array(z.string()),
          metaData: z.unknown().optional(),
        })
        .meta({ id: 'ListedAddress' }),
    ),
  }),
  async run({ store, input, grant, caller }) {
    const found: { key: string; shown: object }[] = [];
    const wants = wantedAddress(input);
    for await (const one of store.addresses.all()) {
      if ((grant.own && one.account !== caller.account) || !wants(one)) continue;
      found.push({
        key: one.address,
        shown: { ...commonFields(one, input), user: one.account, forwarded: false, forwardedDisabled: false },
      });
    }
    if (!grant.own) {
      for await (const one of store.addresses.forwardingAddresses()) {
        if (!wants(one)) continue;
        found.push({
          key: one.address,
          shown: { ...commonFields(one, input), forwarded: true, forwardedDisabled: false, targets: one.targets },
        });
      }
    }
    const page = pageOfSorted(found, 'asc', placeOf(input, isText), input.limit);
    return {
      total: found.length,
      ...pageFieldsOf(page, input),
      ...(input.query !== undefined && { query: input.query }),
      results: page.entries.map((one) => one.shown),
    };
  },
});

const getUserAddresses = operation({
  id: 'getUserAddresses',
  method: 'get',
  path: '/users/{user}/addresses',
  group,
  summary: 'List the addresses of a user',
  access: { resource: 'addresses', verb: 'read' },
  params: { user: userField },
  query: { metaData: flagField('Whether to tell metaData'), internalData: flagField('Taken for compatibility') },
  response: z.object({ results: z.array(z.object(shown)) }),
  async run({ store, user, input }) {
    const all = await store.addresses.list(user.id);
    return { results: all.map((one) => show(user, one, input.metaData)) };
  },
});

const createUserAddress = operation({
  id: 'createUserAddress',
  method: 'post',
  path: '/users/{user}/addresses',
  group,
  summary: 'Give a user one more address',
  access: { resource: 'addresses', verb: 'create' },
  params: { user: userField },
  body: {
    address: z.string().min(1).max(320).meta({ description: 'An address, or a pattern such as `*@example.com`' }),
    name: z.string().max(256).optional().meta({ description: 'Name of the sender' }),
    main: flagField('Whether it becomes the main address'),
    allowWildcard: flagField('Whether it may be a pattern'),
    tags,
    metaData: metaDataField.optional(),
    internalData: metaDataField.optional().meta({ description: 'Cannot be kept' }),
  },
  response: madeResponse,
  errors: ['AddressExistsError', 'LimitExceeded', 'Unsupported'],
  async run({ store, user, input, grant }) {
    requireNoInternal(input.internalData);
    if (input.address.includes('*') && (!input.allowWildcard || grant.own)) {
      throw new ApiError('InputValidationError', '"address": patterns are not taken', {
        details: { address: 'patterns are not taken' },
      });
    }
    const made = await store.addresses.add(user.id, input.address, { main: input.main, ...detailsOf(input) });
    return { id: addressObjectId(made.address) };
  },
});

const getUserAddress = operation({
  id: 'getUserAddress',
  method: 'get',
  path: '/users/{user}/addresses/{address}',
  group,
  summary: 'Tell of an address of a user',
  access: { resource: 'addresses', verb: 'read' },
  params: { user: userField, address: addressField },
  response: z.object(shown),
  errors: ['AddressNotFound'],
  run: async ({ store, user, input }) => show(user, await findAddress(store, user, input.address), true),
});

const updateUserAddress = operation({
  id: 'updateUserAddress',
  method: 'put',
  path: '/users/{user}/addresses/{id}',
  group,
  summary: 'Change what is kept of an address',
  access: { resource: 'addresses', verb: 'update' },
  params: { user: userField, id: addressField },
  body: {
    name: z.string().max(256).optional(),
    main: z.boolean().optional().meta({ description: 'Whether it becomes the main address' }),
    address: z.string().max(320).optional().meta({ description: 'Cannot be changed' }),
    tags,
    metaData: metaDataField.optional(),
    internalData: metaDataField.optional().meta({ description: 'Cannot be kept' }),
  },
  response: doneResponse,
  errors: ['AddressNotFound', 'Unsupported', 'NotMain'],
  async run({ store, user, input }) {
    requireNoInternal(input.internalData);
    const { address, isMain, isPattern } = await findAddress(store, user, input.id);
    if (input.address !== undefined && input.address !== address) {
      throw new ApiError('Unsupported', 'an address is not changed: make another one');
    }
    if (input.main === false && isMain) throw new ApiError('NotMain', 'another address has to become the main one');
    const details = detailsOf(input);
    if (Object.keys(details).length > 0) await store.addresses.update(user.id, address, details);
    if (input.main && isPattern) throw new ApiError('NotMain', 'a pattern is no main address');
    if (input.main) await store.addresses.makeMain(user.id, address);
    return {};
  },
});

const deleteUserAddress = operation({
  id: 'deleteUserAddress',
  method: 'delete',
  path: '/users/{user}/addresses/{address}',
  group,
  summary: 'Take an address from a user',
  access: { resource: 'addresses', verb: 'delete' },
  params: { user: userField, address: addressField },
  response: doneResponse,
  errors: ['AddressNotFound', 'NotMain'],
  async run({ store, user, input }) {
    const { address } = await findAddress(store, user, input.address);
    await store.addresses.remove(user.id, address);
    return {};
  },
});

const resolveAddress = operation({
  id: 'resolveAddress',
  method: 'get',
  path: '/addresses/resolve/{address}',
  group,
  summary: 'Find where mail for an address goes',
  access: { resource: 'addresses', verb: 'read', any: true },
  params: { address: z.string().min(1).max(320) },
  query: { allowWildcard: flagField('Whether patterns count'), metaData: flagField('Taken for compatibility') },
  response: z.object({
    id: z.string(),
    address: z.string(),
    user: z.string().optional(),
    name: z.string().optional(),
    tags: z.array(z.string()),
    targets: z.array(z.string()).optional(),
  }),
  errors: ['AddressNotFound'],
  async run({ store, input }) {
    const route = await store.addresses.resolve(input.address);
    if (!route || (route.matched.includes('*') && !input.allowWildcard)) {
      throw new ApiError('AddressNotFound', 'this address does not exist');
    }
    const common = { id: addressObjectId(route.matched), address: route.matched };
    if (route.type === 'forward') {
      const { tags = [], displayName = null } = (await store.addresses.forwardingAddress(route.matched)) ?? {};
      return { ...common, tags, targets: route.targets, ...(displayName !== null && { name: displayName }) };
    }
    const own = (await store.addresses.list(route.account.id)).find(({ address }) => address === route.matched);
    return {
      ...common,
      user: route.account.id,
      tags: own?.tags ?? [],
      ...(own?.displayName && { name: own.displayName }),
    };
  },
});

const renameDomain = operation({
  id: 'renameDomain',
  method: 'put',
  path: '/addresses/renameDomain',
  group,
  summary: 'Give all addresses of a domain another one',
  access: { resource: 'addresses', verb: 'update', any: true },
  body: {
    oldDomain: z.string().min(1).max(255),
    newDomain: z.string().min(1).max(255),
  },
  endless: true,
  response: z.object({
    modifiedAddresses: z.number(),
    modifiedUsers: z.number(),
    modifiedDkim: z.number(),
    modifiedAliases: z.number(),
  }),
  errors: ['AddressExistsError', 'Unsupported'],
  async run({ store, input }) {
    const { renamed } = await store.addresses.renameDomain(input.oldDomain, input.newDomain);
    return { modifiedAddresses: renamed, modifiedUsers: 0, modifiedDkim: 0, modifiedAliases: 0 };
  },
});

async function findAddress(store: MessageStore, user: Account, ref: string): Promise<AccountAddress> {
  const all = await store.addresses.list(user.id);
  const wanted = ref.normalize('NFC').toLowerCase();
  const found = all.find(({ address }) =>
    OBJECT_ID.test(ref) ? addressObjectId(address) === ref : address === wanted,
  );
  if (!found) throw new ApiError('AddressNotFound', 'this address does not exist');
  return found;
}

function show(user: Account, one: AccountAddress, withData: boolean): object {
  return {
    ...commonFields(one, { metaData: withData }),
    main: one.isMain,
    created: new Date(user.created).toISOString(),
  };
}

/** The operations on addresses of users. */
export const addressOperations: readonly Operation[] = [
  getAddresses,
  getUserAddresses,
  createUserAddress,
  getUserAddress,
  updateUserAddress,
  deleteUserAddress,
  resolveAddress,
  renameDomain,
];
