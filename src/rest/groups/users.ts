/** Operations on accounts. */

import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { AccountId } from '../../model/ids.ts';
import type { RestorableAccount } from '../../model/recovery.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { doneResponse, madeResponse, pageFields, pageResponse, userField } from '../fields.ts';
import { requireGranted, sourceOf } from '../login-source.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, pageFieldsOf, placeOf } from '../paging.ts';
import { ApiError } from '../problems.ts';
import { applySettings, limitsOf, passwordField, profileOf, userFields } from './user-fields.ts';
import { pageOfUsers } from './user-list.ts';
import { listedUser, listUser, shownUser, showUser } from './user-view.ts';

const group = 'Users';
const DAY_MS = 86_400_000;
const text = z.string().max(255).optional();

const getUsers = operation({
  id: 'getUsers',
  method: 'get',
  path: '/users',
  group,
  summary: 'List users',
  access: { resource: 'userlisting', verb: 'read' },
  query: {
    query: text.meta({ description: 'Part of a name or an address' }),
    forward: text.meta({ description: 'Part of an address that mail goes on to' }),
    tags: z.string().max(1024).optional().meta({ description: 'Tags with commas between; one of them is enough' }),
    requiredTags: z.string().max(1024).optional().meta({ description: 'Tags with commas between, all of them' }),
    metaData: z.boolean().default(false).meta({ description: 'Whether to tell metaData' }),
    internalData: z.boolean().default(false).meta({ description: 'Whether to tell internalData' }),
    ...pageFields,
  },
  response: z.object({ ...pageResponse, query: z.string().optional(), results: z.array(listedUser) }),
  async run({ store, input, caller, grant }) {
    const place = placeOf(input, isText);
    const only = grant.own ? caller.account : null;
    const { page, total } = await pageOfUsers(store, input, place, only);
    const results = [];
    for (const account of page.entries) results.push(await listUser(store, account, input));
    return { total, ...pageFieldsOf(page, input), ...(input.query !== undefined && { query: input.query }), results };
  },
});

const createUser = operation({
  id: 'createUser',
  method: 'post',
  path: '/users',
  group,
  summary: 'Make a user',
  access: { resource: 'users', verb: 'create' },
  body: {
    username: z.string().min(1).max(128).meta({ description: 'Login name, any script; may be an address' }),
    password: passwordField,
    address: z.string().max(320).optional().meta({ description: 'Main address; else the name, where that is one' }),
    emptyAddress: z.boolean().default(false).meta({ description: 'Whether the user is to have no address' }),
    ...userFields,
  },
  response: madeResponse,
  errors: ['UserExistsError', 'AddressExistsError', 'InsecurePasswordError'],
  async run({ store, input }) {
    const { username, password, hashedPassword, emptyAddress } = input;
    // Said before anything is made.
    profileOf(input);
    const address = input.address ?? (username.includes('@') && !emptyAddress ? username : undefined);
    const account = await store.accounts.create({
      name: username,
      ...(address !== undefined && { address }),
      ...(password && (hashedPassword ? { passwordHash: password } : { password })),
      limits: limitsOf(input),
    });
    try {
      await applySettings(store, account.id, input);
    } catch (error) {
      await store.accounts.remove(account.id, { forGood: true });
      throw error;
    }
    return { id: account.id };
  },
});

const resolveUser = operation({
  id: 'resolveUser',
  method: 'get',
  path: '/users/resolve/{username}',
  group,
  summary: 'Find the ID of a user by name or address',
  access: { resource: 'users', verb: 'read' },
  params: { username: z.string().min(1).max(320).meta({ description: 'Name or address' }) },
  response: madeResponse,
  errors: ['UserNotFound'],
  async run({ store, input, caller, grant }) {
    const account = await store.accounts.find(input.username);
    if (!account || (grant.own && account.id !== caller.account)) {
      throw new ApiError('UserNotFound', 'this user does not exist');
    }
    return { id: account.id };
  },
});

const getUser = operation({
  id: 'getUser',
  method: 'get',
  path: '/users/{user}',
  group,
  summary: 'Tell of a user',
  access: { resource: 'users', verb: 'read' },
  params: { user: userField },
  response: shownUser,
  run: ({ store, user }) => showUser(store, user),
});

const updateUser = operation({
  id: 'updateUser',
  method: 'put',
  path: '/users/{user}',
  group,
  summary: 'Change a user',
  description: 'What is not given stays as it is. A change of the password ends sessions and tokens',
  access: { resource: 'users', verb: 'update' },
  passesOver: true,
  params: { user: userField },
  body: {
    existingPassword: z.string().max(256).optional().meta({ description: 'If given, it must be right' }),
    password: passwordField.optional(),
    ...userFields,
    disabled: z.boolean().optional().meta({ description: 'Whether the user can neither log in nor get mail' }),
    suspended: z.boolean().optional().meta({ description: 'Whether the user cannot log in' }),
    disable2fa: z.boolean().optional().meta({ description: 'Whether to switch all second factors off' }),
    protocol: z.string().max(255).optional().meta({ description: 'For logs' }),
  },
  response: doneResponse,
  errors: ['AuthFailed', 'InsecurePasswordError', 'RateLimitedError'],
  async run(call) {
    const { store, user, input } = call;
    const { id } = user;
    if (input.existingPassword !== undefined) {
      // With the limits of a login: who has found a token must not guess the password by it.
      requireGranted(await store.auth.authenticate(user.name, input.existingPassword, sourceOf(call, 'rest', 'API')));
    }
    profileOf(input);
    const limits = limitsOf(input);
    if (Object.keys(limits).length > 0) await store.accounts.update(id, { limits });
    await applySettings(store, id, input);
    if (input.disabled !== undefined || input.suspended !== undefined) {
      const { disabled, suspended } = input;
      await store.auth.setStatus(id, {
        ...(disabled !== undefined && { disabled }),
        ...(suspended !== undefined && { suspended }),
      });
    }
    if (input.disable2fa) await disableSecondFactors(store, id);
    // The last: it ends the token by which this was asked.
    if (input.password !== undefined) {
      const { password, requirePasswordChange: mustChange = false } = input;
      if (password && input.hashedPassword) await store.accounts.setPasswordHash(id, password);
      else await store.accounts.setPassword(id, password || null, { mustChange });
    }
    return {};
  },
});

const deleteUser = operation({
  id: 'deleteUser',
  method: 'delete',
  path: '/users/{user}',
  group,
  summary: 'Delete a user',
  description: 'For some days the user can be restored',
  access: { resource: 'users', verb: 'delete' },
  params: { user: userField },
  query: {
    deleteAfter: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ description: 'Taken for compatibility; the store decides how long' }),
  },
  response: z.object({ code: z.string(), user: z.string(), addresses: z.object({ deleted: z.number() }) }),
  async run({ store, user }) {
    await store.accounts.remove(user.id);
    return { code: 'TaskScheduled', user: user.id, addresses: { deleted: user.addresses.length } };
  },
});

const getDeletedUser = operation({
  id: 'getDeletedUser',
  method: 'get',
  path: '/users/{deleted}/restore',
  group,
  summary: 'Tell of a user that was deleted and can be restored',
  access: { resource: 'users', verb: 'read', any: true },
  params: { deleted: z.string().min(1).max(320).meta({ description: 'ID, name or address that the user had' }) },
  response: z.object({
    user: z.string(),
    username: z.string(),
    storageUsed: z.number().optional(),
    tags: z.array(z.string()),
    deleted: z.string(),
    recoverableAddresses: z.array(z.string()),
  }),
  errors: ['UserNotFound'],
  async run({ store, input }) {
    const found = await findDeleted(store, input.deleted);
    const { tags } = await store.profiles.get(found.account.id);
    return {
      user: found.account.id,
      username: found.account.name,
      tags,
      deleted: new Date(found.removed).toISOString(),
      recoverableAddresses: found.account.addresses,
    };
  },
});

const restoreUser = operation({
  id: 'restoreUser',
  method: 'post',
  path: '/users/{deleted}/restore',
  group,
  summary: 'Restore a user that was deleted',
  access: { resource: 'users', verb: 'delete', any: true },
  params: { deleted: z.string().min(1).max(320).meta({ description: 'ID, name or address that the user had' }) },
  response: z.object({
    code: z.string(),
    user: z.string(),
    addresses: z.object({ recovered: z.number(), main: z.string() }),
  }),
  errors: ['UserNotFound', 'UserExistsError', 'AddressExistsError'],
  async run({ store, input }) {
    const found = await findDeleted(store, input.deleted);
    const account = await store.recovery.restoreAccount(found.account.id);
    return {
      code: 'TaskScheduled',
      user: account.id,
      addresses: { recovered: account.addresses.length, main: account.addresses[0] ?? '' },
    };
  },
});

const resetPassword = operation({
  id: 'resetUserPassword',
  method: 'post',
  path: '/users/{user}/password/reset',
  group,
  summary: 'Give a user a temporary password',
  description: 'It is told this once, holds for a day and must be changed at the next login',
  access: { resource: 'users', verb: 'update', any: true },
  params: { user: userField },
  body: {
    validAfter: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ description: 'From when on it holds; a day from then' }),
  },
  response: z.object({ password: z.string(), validAfter: z.string() }),
  async run({ store, user, input, context }) {
    const from = input.validAfter === undefined ? context.now() : Date.parse(input.validAfter);
    if (from > context.now() + 60_000) {
      throw new ApiError('Unsupported', 'a password that holds only later cannot be made');
    }
    const password = temporaryPassword();
    await store.accounts.setPassword(user.id, password, { expires: new Date(from + DAY_MS), mustChange: true });
    return { password, validAfter: new Date(from).toISOString() };
  },
});

async function findDeleted(store: MessageStore, ref: string): Promise<RestorableAccount> {
  const wanted = ref.normalize('NFC').toLowerCase();
  for await (const found of store.recovery.accounts()) {
    const { id, name, addresses } = found.account;
    if (id === ref || name === wanted || addresses.includes(wanted)) return found;
  }
  throw new ApiError('UserNotFound', 'this user does not exist');
}

/** Switches off all that a login asks for beside the password. */
async function disableSecondFactors(store: MessageStore, id: AccountId): Promise<void> {
  await store.auth.removeTotp(id);
  for (const key of await store.auth.securityKeys(id)) await store.auth.removeSecurityKey(id, key.id);
  await store.auth.setCustomFactor(id, false);
}

/** 16 letters and digits that cannot be taken for one another: 80 bits. */
function temporaryPassword(): string {
  return Array.from({ length: 16 }, () => 'abcdefghjkmnpqrstuvwxyz23456789'.charAt(randomInt(31))).join('');
}

/** The operations on accounts. */
export const userOperations: readonly Operation[] = [
  getUsers,
  createUser,
  resolveUser,
  getUser,
  updateUser,
  deleteUser,
  getDeletedUser,
  restoreUser,
  resetPassword,
];
