/** Operations on second factors: one-time passwords and recovery codes. */

import { z } from 'zod';
import type { Account } from '../../model/account.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { doneResponse, userField } from '../fields.ts';
import { finishLogin, rateLimited, sourceOf } from '../login-source.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const group = 'Second factors';
const access = (verb: 'read' | 'update') => ({ resource: 'users', verb }) as const;
const forUser = { user: userField };
const nonceField = z.string().min(1).max(255).meta({ description: 'Nonce of a login that was begun' });
const codeField = z.string().min(1).max(64);

const setupTotp = operation({
  id: 'setupTotp2FA',
  method: 'post',
  path: '/users/{user}/2fa/totp/setup',
  group,
  summary: 'Begin to switch one-time passwords on',
  access: access('update'),
  params: forUser,
  body: {
    label: z.string().max(255).optional().meta({ description: 'Taken for compatibility' }),
    issuer: z.string().max(255).default('eider').meta({ description: 'What the app calls the service' }),
    fresh: z.boolean().default(false).meta({ description: 'Taken for compatibility; the seed is always a new one' }),
  },
  response: z.object({ seed: z.string(), qrcode: z.string(), dataUrl: z.string() }),
  errors: ['Unsupported'],
  async run({ store, user, input }) {
    const { secret, uri, qr } = await store.auth.beginTotp(user.id, input.issuer);
    return { seed: secret, dataUrl: uri, qrcode: `data:image/svg+xml;base64,${Buffer.from(qr).toString('base64')}` };
  },
});

const enableTotp = operation({
  id: 'enableTotp2FA',
  method: 'post',
  path: '/users/{user}/2fa/totp/enable',
  group,
  summary: 'Switch one-time passwords on',
  access: access('update'),
  params: forUser,
  body: { token: codeField.meta({ description: 'A code of the app' }) },
  response: doneResponse,
  errors: ['AuthFailed', 'RateLimitedError'],
  async run({ store, user, input }) {
    if (!(await store.auth.confirmTotp(user.id, input.token))) throw wrongCode();
    return {};
  },
});

const checkTotp = operation({
  id: 'checkTotp2FA',
  method: 'post',
  path: '/users/{user}/2fa/totp/check',
  group,
  summary: 'Compare a one-time password',
  description: 'With the nonce of a login that was begun, the answer has its token',
  access: { resource: 'authentication', verb: 'create' },
  params: forUser,
  body: {
    token: codeField.meta({ description: 'A code of the app' }),
    totpNonce: nonceField.optional(),
    twoFactorNonce: nonceField.optional(),
    requestToken: z.boolean().optional().meta({ description: 'Taken for compatibility' }),
  },
  response: z.object({ id: z.string().optional(), token: z.string().optional() }),
  errors: ['AuthFailed', 'RateLimitedError'],
  async run(call) {
    const { input, store, user } = call;
    const nonce = input.totpNonce ?? input.twoFactorNonce;
    if (nonce !== undefined) return finishLogin(call, nonce, { method: 'totp', code: input.token });
    await requireCode(store, user, { method: 'totp', code: input.token }, call);
    return {};
  },
});

const disableTotp = operation({
  id: 'disableTotp2FA',
  method: 'delete',
  path: '/users/{user}/2fa/totp',
  group,
  summary: 'Switch one-time passwords off',
  access: access('update'),
  params: forUser,
  response: doneResponse,
  async run({ store, user }) {
    await store.auth.removeTotp(user.id);
    return {};
  },
});

const disableAll = operation({
  id: 'disable2FA',
  method: 'delete',
  path: '/users/{user}/2fa',
  group,
  summary: 'Switch all second factors off',
  access: access('update'),
  params: forUser,
  response: doneResponse,
  async run({ store, user }) {
    await store.auth.removeTotp(user.id);
    for (const { id } of await store.auth.securityKeys(user.id)) await store.auth.removeSecurityKey(user.id, id);
    await store.auth.setCustomFactor(user.id, false);
    return {};
  },
});

const enableCustom = operation({
  id: 'enableCustom2FA',
  method: 'put',
  path: '/users/{user}/2fa/custom',
  group,
  summary: 'Say that a user has a second factor of yours',
  description:
    'Who logs a user in by `/authenticate` is told `custom`, and asks for it himself. The password alone opens no IMAP, POP3 or SMTP then',
  access: access('update'),
  params: forUser,
  body: {},
  response: doneResponse,
  errors: ['Busy'],
  async run({ store, user }) {
    await store.auth.setCustomFactor(user.id, true);
    return {};
  },
});

const disableCustom = operation({
  id: 'disableCustom2FA',
  method: 'delete',
  path: '/users/{user}/2fa/custom',
  group,
  summary: 'Say that a user has no second factor of yours',
  access: access('update'),
  params: forUser,
  response: doneResponse,
  errors: ['Busy'],
  async run({ store, user }) {
    await store.auth.setCustomFactor(user.id, false);
    return {};
  },
});

const createRecoveryCodes = operation({
  id: 'createRecoveryCodes',
  method: 'post',
  path: '/users/{user}/2fa/recovery-codes',
  group,
  summary: 'Make ten recovery codes',
  description: 'They are told this once; those of before are void',
  access: access('update'),
  params: forUser,
  body: {},
  response: z.object({ codes: z.array(z.string()) }),
  run: async ({ store, user }) => ({ codes: await store.auth.createRecoveryCodes(user.id) }),
});

const checkRecoveryCode = operation({
  id: 'checkRecoveryCode',
  method: 'post',
  path: '/users/{user}/2fa/recovery-codes/check',
  group,
  summary: 'End a login with a recovery code',
  access: { resource: 'authentication', verb: 'create' },
  params: forUser,
  body: { code: codeField, twoFactorNonce: nonceField },
  response: z.object({ id: z.string(), token: z.string().optional() }),
  errors: ['AuthFailed', 'RateLimitedError'],
  run: (call) => finishLogin(call, call.input.twoFactorNonce, { method: 'recoveryCode', code: call.input.code }),
});

async function requireCode(
  store: MessageStore,
  user: Account,
  factor: { readonly method: 'totp'; readonly code: string },
  call: Parameters<typeof sourceOf>[0],
): Promise<void> {
  const { right, retryAfterMs } = await store.auth.checkCode(user.id, factor, sourceOf(call));
  if (retryAfterMs > 0) throw rateLimited(retryAfterMs);
  if (!right) throw wrongCode();
}

function wrongCode(): ApiError {
  return new ApiError('AuthFailed', 'the code is wrong');
}

/** The operations on second factors. */
export const secondFactorOperations: readonly Operation[] = [
  setupTotp,
  enableTotp,
  checkTotp,
  disableTotp,
  disableAll,
  enableCustom,
  disableCustom,
  createRecoveryCodes,
  checkRecoveryCode,
];
