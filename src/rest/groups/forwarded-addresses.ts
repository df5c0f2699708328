/** Operations on addresses that only forward, and on domains that are aliases. */

import { z } from 'zod';
import type { ForwardingAddress } from '../../model/addresses.ts';
import { addressObjectId, aliasObjectId, OBJECT_ID } from '../../model/object-ids.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { doneResponse, madeResponse, metaDataField, pageFields, pageResponse } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, pageFieldsOf, pageOfSorted, placeOf } from '../paging.ts';
import { ApiError } from '../problems.ts';
import { addressField, detailsOf, requireNoInternal } from './address-fields.ts';

const group = 'Addresses';
const targets = z.array(z.string().min(1).max(320)).max(100);
const fields = {
  name: z.string().max(256).optional(),
  forwards: z
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .optional()
    .meta({ description: 'Messages forwarded a day; 0 for the default' }),
  allowWildcard: z.boolean().optional().meta({ description: 'Whether it may be a pattern' }),
  autoreply: z.unknown().optional().meta({ description: 'Cannot be given' }),
  forwardedDisabled: z.boolean().optional().meta({ description: 'Cannot be switched on' }),
  tags: z.array(z.string().max(64)).max(20).optional(),
  metaData: metaDataField.optional(),
  internalData: metaDataField.optional().meta({ description: 'Cannot be kept' }),
};

const createForwarded = operation({
  id: 'createForwardedAddress',
  method: 'post',
  path: '/addresses/forwarded',
  group,
  summary: 'Make an address that only forwards',
  access: { resource: 'addresses', verb: 'create', any: true },
  body: { address: z.string().min(1).max(320), targets: targets.min(1), ...fields },
  response: madeResponse,
  errors: ['AddressExistsError', 'Unsupported'],
  async run({ store, input }) {
    requireSupported(input);
    if (input.address.includes('*') && !input.allowWildcard) {
      throw new ApiError('InputValidationError', '"address": patterns are not taken', {
        details: { address: 'patterns are not taken' },
      });
    }
    const made = await store.addresses.createForwardingAddress(input.address, {
      targets: input.targets,
      ...limitOf(input),
      ...detailsOf(input),
    });
    return { id: addressObjectId(made.address) };
  },
});

const updateForwarded = operation({
  id: 'updateForwardedAddress',
  method: 'put',
  path: '/addresses/forwarded/{id}',
  group,
  summary: 'Change an address that only forwards',
  access: { resource: 'addresses', verb: 'update', any: true },
  params: { id: addressField },
  body: {
    address: z.string().max(320).optional().meta({ description: 'Cannot be changed' }),
    targets: targets.optional(),
    ...fields,
  },
  response: doneResponse,
  errors: ['AddressNotFound', 'Unsupported'],
  async run({ store, input }) {
    requireSupported(input);
    const { address } = await findForwarded(store, input.id);
    if (input.address !== undefined && input.address !== address) {
      throw new ApiError('Unsupported', 'an address is not changed: make another one');
    }
    await store.addresses.updateForwardingAddress(address, {
      ...(input.targets && { targets: input.targets }),
      ...limitOf(input),
      ...detailsOf(input),
    });
    return {};
  },
});

const getForwarded = operation({
  id: 'getForwardedAddress',
  method: 'get',
  path: '/addresses/forwarded/{address}',
  group,
  summary: 'Tell of an address that only forwards',
  access: { resource: 'addresses', verb: 'read', any: true },
  params: { address: addressField },
  response: z.object({
    id: z.string(),
    address: z.string(),
    name: z.string(),
    targets: z.array(z.string()),
    limits: z.object({ forwards: z.object({ allowed: z.number() }) }),
    tags: z.array(z.string()),
    forwardedDisabled: z.boolean(),
    metaData: z.unknown(),
  }),
  errors: ['AddressNotFound'],
  async run({ store, input }) {
    const found = await findForwarded(store, input.address);
    return {
      id: addressObjectId(found.address),
      address: found.address,
      name: found.displayName ?? '',
      targets: found.targets,
      limits: { forwards: { allowed: found.forwardsPerDay ?? 0 } },
      tags: found.tags,
      forwardedDisabled: false,
      metaData: found.metadata ?? {},
    };
  },
});

const deleteForwarded = operation({
  id: 'deleteForwardedAddress',
  method: 'delete',
  path: '/addresses/forwarded/{address}',
  group,
  summary: 'Delete an address that only forwards',
  access: { resource: 'addresses', verb: 'delete', any: true },
  params: { address: addressField },
  response: doneResponse,
  errors: ['AddressNotFound'],
  async run({ store, input }) {
    await store.addresses.removeForwardingAddress((await findForwarded(store, input.address)).address);
    return {};
  },
});

const aliasGroup = 'Domain aliases';
const aliasField = z.string().min(1).max(255).meta({ description: 'The alias, or its ID' });
const domainField = z.string().min(1).max(255);
const shownAlias = { id: z.string(), alias: z.string(), domain: z.string() };

const getAliases = operation({
  id: 'getDomainAliases',
  method: 'get',
  path: '/domainaliases',
  group: aliasGroup,
  summary: 'List domains that are aliases',
  access: { resource: 'domainaliases', verb: 'read' },
  query: { query: z.string().max(255).optional().meta({ description: 'Part of an alias or a domain' }), ...pageFields },
  response: z.object({ ...pageResponse, query: z.string().optional(), results: z.array(z.object(shownAlias)) }),
  async run({ store, input }) {
    const query = input.query?.toLowerCase();
    const all = (await store.addresses.domainAliases())
      .filter(({ alias, domain }) => query === undefined || alias.includes(query) || domain.includes(query))
      .map((one) => ({ key: one.alias, ...one }));
    const page = pageOfSorted(all, 'asc', placeOf(input, isText), input.limit);
    return {
      total: all.length,
      ...pageFieldsOf(page, input),
      ...(input.query !== undefined && { query: input.query }),
      results: page.entries.map(({ alias, domain }) => ({ id: aliasObjectId(alias), alias, domain })),
    };
  },
});

const createAlias = operation({
  id: 'createDomainAlias',
  method: 'post',
  path: '/domainaliases',
  group: aliasGroup,
  summary: 'Make a domain an alias of another one',
  access: { resource: 'domainaliases', verb: 'create' },
  body: { alias: domainField, domain: domainField },
  response: madeResponse,
  errors: ['AliasExists', 'AddressExistsError'],
  async run({ store, input }) {
    if ((await store.addresses.domainAlias(input.alias)) !== null)
      throw new ApiError('AliasExists', 'this is an alias already');
    const { alias } = await store.addresses.createDomainAlias(input.alias, input.domain);
    return { id: aliasObjectId(alias) };
  },
});

const resolveAlias = operation({
  id: 'resolveDomainAlias',
  method: 'get',
  path: '/domainaliases/resolve/{alias}',
  group: aliasGroup,
  summary: 'Find the ID of an alias',
  access: { resource: 'domainaliases', verb: 'read' },
  params: { alias: domainField },
  response: madeResponse,
  errors: ['AliasNotFound'],
  run: async ({ store, input }) => ({ id: aliasObjectId((await findAlias(store, input.alias)).alias) }),
});

const getAlias = operation({
  id: 'getDomainAlias',
  method: 'get',
  path: '/domainaliases/{alias}',
  group: aliasGroup,
  summary: 'Tell of an alias',
  access: { resource: 'domainaliases', verb: 'read' },
  params: { alias: aliasField },
  response: z.object(shownAlias),
  errors: ['AliasNotFound'],
  async run({ store, input }) {
    const { alias, domain } = await findAlias(store, input.alias);
    return { id: aliasObjectId(alias), alias, domain };
  },
});

const deleteAlias = operation({
  id: 'deleteDomainAlias',
  method: 'delete',
  path: '/domainaliases/{alias}',
  group: aliasGroup,
  summary: 'Make a domain no alias any more',
  access: { resource: 'domainaliases', verb: 'delete' },
  params: { alias: aliasField },
  response: doneResponse,
  errors: ['AliasNotFound'],
  async run({ store, input }) {
    await store.addresses.removeDomainAlias((await findAlias(store, input.alias)).alias);
    return {};
  },
});

async function findAlias(store: MessageStore, ref: string): Promise<{ alias: string; domain: string }> {
  const all = OBJECT_ID.test(ref) ? await store.addresses.domainAliases() : [];
  const byId = all.find(({ alias }) => aliasObjectId(alias) === ref);
  if (byId) return byId;
  const domain = OBJECT_ID.test(ref) ? null : await store.addresses.domainAlias(ref);
  if (domain === null) throw new ApiError('AliasNotFound', 'this alias does not exist');
  const [found] = (await store.addresses.domainAliases(domain)).filter(
    ({ alias }) => alias === ref.normalize('NFC').toLowerCase(),
  );
  return found ?? { alias: ref, domain };
}

/** By its address one read; by its ID a look at all. */
async function findForwarded(store: MessageStore, ref: string): Promise<ForwardingAddress> {
  if (!OBJECT_ID.test(ref)) {
    const found = await store.addresses.forwardingAddress(ref);
    if (found) return found;
  } else {
    for await (const one of store.addresses.forwardingAddresses()) if (addressObjectId(one.address) === ref) return one;
  }
  throw new ApiError('AddressNotFound', 'this address does not exist');
}

function limitOf({ forwards }: { readonly forwards?: number | undefined }): { forwardsPerDay?: number | null } {
  return forwards === undefined ? {} : { forwardsPerDay: forwards === 0 ? null : forwards };
}

function requireSupported(input: {
  readonly autoreply?: unknown;
  readonly forwardedDisabled?: boolean | undefined;
  readonly internalData?: unknown;
}): void {
  requireNoInternal(input.internalData);
  if (input.autoreply !== undefined) throw new ApiError('Unsupported', 'only users reply automatically');
  if (input.forwardedDisabled)
    throw new ApiError('Unsupported', 'an address that forwards is deleted, not switched off');
}

/** The operations on addresses that only forward, and on domain aliases. */
export const forwardedOperations: readonly Operation[] = [
  createForwarded,
  updateForwarded,
  getForwarded,
  deleteForwarded,
  getAliases,
  createAlias,
  resolveAlias,
  getAlias,
  deleteAlias,
];
