/** Operations on app passwords, by which single programs log in. */

import { z } from 'zod';
import type { AppPassword } from '../../model/authentication.ts';
import { SCOPES, type Scope } from '../../model/login-source.ts';
import { doneResponse, idField, userField } from '../fields.ts';
import { SCOPE_NAMES, scopeName } from '../login-source.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const group = 'App passwords';

const shown = {
  id: z.string(),
  description: z.string(),
  scopes: z.array(z.string()),
  lastUse: z.object({ time: z.union([z.literal(false), z.string()]), event: z.string().optional() }),
  created: z.string(),
  expires: z.string().optional(),
};

const getAsps = operation({
  id: 'getASPs',
  method: 'get',
  path: '/users/{user}/asps',
  group,
  summary: 'List app passwords',
  access: { resource: 'asps', verb: 'read' },
  params: { user: userField },
  query: { showAll: z.boolean().default(false).meta({ description: 'Taken for compatibility' }) },
  response: z.object({ results: z.array(z.object(shown)) }),
  run: async ({ store, user }) => ({ results: (await store.auth.appPasswords(user.id)).map(show) }),
});

const createAsp = operation({
  id: 'createASP',
  method: 'post',
  path: '/users/{user}/asps',
  group,
  summary: 'Make an app password',
  description: 'It is told this once',
  access: { resource: 'asps', verb: 'create' },
  params: { user: userField },
  body: {
    description: z.string().min(1).max(255),
    scopes: z
      .array(z.string().max(20))
      .max(20)
      .default(['*'])
      .meta({ description: '`imap`, `pop3`, `smtp`, `jmap`, or `*` for all of them' }),
    networks: z.array(z.string().max(50)).max(100).optional().meta({ description: 'Networks that it holds for' }),
    ttl: z
      .number()
      .int()
      .min(0)
      .max(10 * 366 * 86_400)
      .optional()
      .meta({ description: 'Seconds that it holds; 0 for ever' }),
    generateMobileconfig: z.boolean().default(false).meta({ description: 'Cannot be done' }),
    address: z.string().max(320).optional().meta({ description: 'Taken for compatibility' }),
    password: z.string().max(256).optional().meta({ description: 'Cannot be chosen' }),
  },
  response: z.object({ id: z.string(), password: z.string() }),
  errors: ['Unsupported', 'LimitExceeded'],
  async run({ store, user, input, context }) {
    if (input.generateMobileconfig) throw new ApiError('Unsupported', 'profiles are not made');
    if (input.password) throw new ApiError('Unsupported', 'an app password cannot be chosen');
    const { id, password } = await store.auth.createAppPassword(user.id, {
      description: input.description,
      scopes: scopesOf(input.scopes),
      ...(input.networks && { networks: input.networks }),
      ...(input.ttl && { expires: new Date(context.now() + input.ttl * 1000) }),
    });
    return { id, password: password.replaceAll(' ', '') };
  },
});

const getAsp = operation({
  id: 'getASP',
  method: 'get',
  path: '/users/{user}/asps/{asp}',
  group,
  summary: 'Tell of an app password',
  access: { resource: 'asps', verb: 'read' },
  params: { user: userField, asp: idField('ID of the app password') },
  response: z.object(shown),
  errors: ['AspNotFound'],
  async run({ store, user, input }) {
    const found = (await store.auth.appPasswords(user.id)).find(({ id }) => id === input.asp);
    if (!found) throw notFound();
    return show(found);
  },
});

const deleteAsp = operation({
  id: 'deleteASP',
  method: 'delete',
  path: '/users/{user}/asps/{asp}',
  group,
  summary: 'Take an app password back',
  description: 'Sessions that use it end',
  access: { resource: 'asps', verb: 'delete' },
  params: { user: userField, asp: idField('ID of the app password') },
  response: doneResponse,
  errors: ['AspNotFound'],
  async run({ store, user, input }) {
    if (!(await store.auth.removeAppPassword(user.id, input.asp))) throw notFound();
    return {};
  },
});

/** Of all programs: what is not the API itself, as app passwords are for no master. */
function scopesOf(names: readonly string[]): Scope[] {
  const scopes = names.flatMap((name) => {
    if (name === '*') return SCOPES.filter((scope) => scope !== 'rest');
    const scope = SCOPE_NAMES.get(name.toLowerCase());
    return scope && scope !== 'rest' ? [scope] : [];
  });
  const unknown = names.find((name) => name !== '*' && (SCOPE_NAMES.get(name.toLowerCase()) ?? 'rest') === 'rest');
  if (unknown === undefined && scopes.length > 0) return [...new Set(scopes)];
  throw new ApiError('InputValidationError', '"scopes": has what is no protocol', {
    details: { scopes: 'has what is no protocol' },
  });
}

function show({
  id,
  description,
  scopes,
  lastUse,
  created,
  expires,
}: AppPassword): z.output<z.ZodObject<typeof shown>> {
  const all = SCOPES.filter((scope) => scope !== 'rest');
  return {
    id,
    description,
    scopes: all.every((scope) => scopes.includes(scope)) ? ['*'] : scopes.map(scopeName),
    lastUse: { time: lastUse ? new Date(lastUse.time).toISOString() : false },
    created: new Date(created).toISOString(),
    ...(expires !== null && { expires: new Date(expires).toISOString() }),
  };
}

function notFound(): ApiError {
  return new ApiError('AspNotFound', 'this app password does not exist');
}

/** The operations on app passwords. */
export const appPasswordOperations: readonly Operation[] = [getAsps, createAsp, getAsp, deleteAsp];
