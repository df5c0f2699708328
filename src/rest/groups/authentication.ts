/** Operations by which people log in, and see who has. */

import { z } from 'zod';
import type { Account } from '../../model/account.ts';
import type { LoginRecord, SecondFactorKind } from '../../model/authentication.ts';
import { objectIdOf } from '../../model/object-ids.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { doneResponse, idField, pageFields, pageResponse, userField } from '../fields.ts';
import { requireGranted, SCOPE_NAMES, scopeName, sourceOf, tokenFor } from '../login-source.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, pageFieldsOf, pageOfSorted, placeOf } from '../paging.ts';
import { ApiError } from '../problems.ts';

const group = 'Authentication';
const scopeField = z
  .enum(['master', 'imap', 'pop3', 'smtp', 'jmap'])
  .default('master')
  .meta({ description: 'What for; `master` is the API' });
const nameField = z.string().min(1).max(320).meta({ description: 'Name or address' });
const factors = z.union([z.literal(false), z.array(z.string())]).meta({ description: 'Second factors that are on' });

const preauth = operation({
  id: 'preauth',
  method: 'post',
  path: '/preauth',
  group,
  summary: 'Ask whether a user can log in',
  access: { resource: 'authentication', verb: 'create', any: true },
  body: { username: nameField, scope: scopeField },
  response: z.object({
    id: z.string(),
    username: z.string(),
    address: z.string(),
    scope: z.string(),
    require2fa: factors,
  }),
  errors: ['AuthFailed'],
  async run({ store, input }) {
    const account = await store.accounts.find(input.username);
    const status = account && (await store.auth.status(account.id));
    if (!account || status?.disabled || status?.suspended) throw new ApiError('AuthFailed', 'Authentication failed');
    return { ...shown(account), scope: input.scope, require2fa: factorNames(status?.secondFactors ?? []) };
  },
});

const authenticate = operation({
  id: 'authenticate',
  method: 'post',
  path: '/authenticate',
  group,
  summary: 'Log a user in',
  description:
    'With a second factor on, the answer has a nonce in place of a token; it is given back with the second factor. A `custom` one is for the caller to ask for, before it makes use of what it was answered. A token holds for 14 days',
  access: { resource: 'authentication', verb: 'create', any: true },
  body: {
    username: nameField,
    password: z.string().min(1).max(1024),
    protocol: z.string().max(255).default('API').meta({ description: 'For logs' }),
    scope: scopeField,
    appId: z.string().max(255).optional().meta({ description: 'Taken for compatibility' }),
    token: z.boolean().default(false).meta({ description: 'Whether a token is wanted' }),
  },
  response: z.object({
    id: z.string(),
    username: z.string(),
    address: z.string(),
    scope: z.string(),
    require2fa: factors,
    requirePasswordChange: z.boolean(),
    token: z.string().optional(),
    twoFactorNonce: z.string().optional(),
    totpNonce: z.string().optional(),
  }),
  errors: ['AuthFailed', 'RateLimitedError'],
  async run(call) {
    const { store, input, context } = call;
    const scope = SCOPE_NAMES.get(input.scope) ?? 'rest';
    const outcome = requireGranted(
      await store.auth.authenticate(input.username, input.password, {
        ...sourceOf(call, scope, input.protocol),
        asksCustomFactor: true,
      }),
    );
    if (outcome.kind === 'granted') {
      const { account, credential, mustChange } = outcome;
      const { secondFactors } = await store.auth.status(account.id);
      const isAsked = credential.kind !== 'appPassword' && secondFactors.includes('custom');
      return {
        ...shown(account),
        scope: input.scope,
        require2fa: isAsked ? ['custom'] : false,
        requirePasswordChange: mustChange,
        ...(input.token && scope === 'rest' && { token: await tokenFor(store, account.id, context.now()) }),
      };
    }
    const account = await store.accounts.get(input.username);
    const { mustChange, secondFactors } = await store.auth.status(account.id);
    const names = factorNames([...outcome.methods, ...secondFactors.filter((kind) => kind === 'custom')]);
    return {
      ...shown(account),
      scope: input.scope,
      require2fa: names,
      requirePasswordChange: mustChange,
      twoFactorNonce: outcome.ticket,
      ...(outcome.methods.includes('totp') && { totpNonce: outcome.ticket }),
    };
  },
});

const logOut = operation({
  id: 'invalidateAccessToken',
  method: 'delete',
  path: '/authenticate',
  group,
  summary: 'Take the token back that this is asked with',
  access: { resource: 'authentication', verb: 'delete' },
  response: doneResponse,
  async run({ store, caller }) {
    await store.auth.removeToken(caller.account, caller.tokenId);
    return {};
  },
});

const authenticated = operation({
  id: 'getAuthenticatedUser',
  method: 'get',
  path: '/authenticated',
  group,
  summary: 'Ask whose the token is',
  access: { resource: 'authentication', verb: 'read' },
  response: z.object({ user: z.union([z.literal(false), z.string()]), role: z.string() }),
  run: async ({ caller }) => ({
    user: caller.account ?? false,
    role: caller.role === 'account' ? 'user' : caller.role,
  }),
});

const event = z
  .object({
    id: z.string(),
    action: z.string(),
    result: z.string(),
    protocol: z.string(),
    requiredScope: z.string(),
    sess: z.string().optional(),
    ip: z.string(),
    created: z.string(),
    source: z.string().optional(),
    asp: z.string().optional(),
    credential: z.string().optional(),
    events: z.number(),
  })
  .meta({ id: 'LoginEvent' });

const getAuthlog = operation({
  id: 'getAuthlog',
  method: 'get',
  path: '/users/{user}/authlog',
  group,
  summary: 'List who has tried to log in',
  access: { resource: 'authentication', verb: 'read' },
  params: { user: userField },
  query: {
    action: z.string().max(100).optional().meta({ description: 'Only those with this action' }),
    filterip: z.string().max(100).optional().meta({ description: 'Only those from this address' }),
    ...pageFields,
  },
  response: z.object({ ...pageResponse, action: z.string().optional(), results: z.array(event) }),
  async run({ store, user, input }) {
    const all = (await eventsOf(store, user)).filter(
      ({ shown: one }) =>
        (input.action === undefined || one.action === input.action) &&
        (input.filterip === undefined || one.ip === input.filterip),
    );
    const page = pageOfSorted(all, 'desc', placeOf(input, isText), input.limit);
    return {
      total: all.length,
      ...pageFieldsOf(page, input),
      ...(input.action !== undefined && { action: input.action }),
      results: page.entries.map(({ shown: one }) => one),
    };
  },
});

const getAuthlogEvent = operation({
  id: 'getAuthlogEvent',
  method: 'get',
  path: '/users/{user}/authlog/{event}',
  group,
  summary: 'Tell of one event',
  access: { resource: 'authentication', verb: 'read' },
  params: { user: userField, event: idField('ID of the event') },
  response: event as z.ZodObject,
  errors: ['EventNotFound'],
  async run({ store, user, input }) {
    const found = (await eventsOf(store, user)).find(({ shown: one }) => one.id === input.event);
    if (!found) throw new ApiError('EventNotFound', 'this event does not exist');
    return found.shown;
  },
});

const logoutUser = operation({
  id: 'logoutUser',
  method: 'put',
  path: '/users/{user}/logout',
  group: 'Users',
  summary: 'End all sessions of a user',
  access: { resource: 'users', verb: 'update' },
  params: { user: userField },
  body: { reason: z.string().max(128).optional().meta({ description: 'Taken for compatibility' }) },
  response: doneResponse,
  async run({ store, user }) {
    await store.auth.endSessions(user.id);
    return {};
  },
});

interface ShownEvent {
  readonly key: string;
  readonly shown: z.output<typeof event>;
}

/** Most records that are looked at; those before have no place in the list. */
const MAX_EVENTS = 1_000;

async function eventsOf(store: MessageStore, { id }: Account): Promise<ShownEvent[]> {
  return (await store.auth.log(id, { limit: MAX_EVENTS })).map((record) => toEvent(id, record));
}

function toEvent(account: string, record: LoginRecord): ShownEvent {
  const { time, scope, address, client, outcome, credential, count } = record;
  const id = objectIdOf('event', JSON.stringify([account, time, scope, address, client, outcome, credential]));
  const isGood = outcome === 'granted' || outcome === 'needsSecondFactor';
  return {
    key: `${time.toString(16).padStart(12, '0')}${id}`,
    shown: {
      id,
      action: 'authentication',
      result: isGood ? 'success' : outcome,
      protocol: client?.split(' ', 1)[0] || scope,
      requiredScope: scopeName(scope),
      ...(client?.includes(' ') && { sess: client.slice(client.indexOf(' ') + 1) }),
      ip: address,
      created: new Date(time).toISOString(),
      ...(credential && { source: credential.kind === 'password' ? 'master' : credential.kind }),
      ...(credential?.kind === 'appPassword' && credential.id !== null && { asp: credential.id }),
      ...(credential?.kind === 'passkey' && credential.id !== null && { credential: credential.id }),
      events: count,
    },
  };
}

function shown({ id, name, addresses }: Account): { id: string; username: string; address: string } {
  return { id, username: name, address: addresses[0] ?? '' };
}

function factorNames(methods: readonly SecondFactorKind[]): string[] | false {
  const names = methods
    .filter((one) => one !== 'recoveryCode')
    .map((one) => (one === 'securityKey' ? 'webauthn' : one));
  return names.length === 0 ? false : names;
}

/** The operations by which people log in. */
export const authenticationOperations: readonly Operation[] = [
  preauth,
  authenticate,
  logOut,
  authenticated,
  getAuthlog,
  getAuthlogEvent,
  logoutUser,
];
