/** Operations on security keys: WebAuthn, and the older U2F by way of it. */

import { z } from 'zod';
import { objectIdOf } from '../../model/object-ids.ts';
import type { KeyDescriptor } from '../../model/security-key.ts';
import { userField } from '../fields.ts';
import { finishLogin } from '../login-source.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const group = 'Second factors';
const access = (verb: 'read' | 'update') => ({ resource: 'users', verb }) as const;
const forUser = { user: userField };
const nonceField = z.string().min(1).max(255).meta({ description: 'Nonce of a login that was begun' });
const hex = (most: number, what: string) =>
  z
    .string()
    .regex(/^(?:[0-9a-f]{2})+$/i, 'is no hex')
    .max(most)
    .meta({ description: what });

const getKeys = operation({
  id: 'getWebAuthN',
  method: 'get',
  path: '/users/{user}/2fa/webauthn/credentials',
  group,
  summary: 'List security keys',
  access: access('read'),
  params: forUser,
  response: z.object({
    credentials: z.array(
      z.object({
        id: z.string(),
        description: z.string(),
        authenticatorAttachment: z.string(),
        passkey: z.boolean(),
        created: z.string(),
      }),
    ),
  }),
  async run({ store, user }) {
    const keys = await store.auth.securityKeys(user.id);
    return {
      credentials: keys.map(({ id, name, passkey, created }) => ({
        id: keyObjectId(id),
        description: name,
        authenticatorAttachment: 'cross-platform',
        passkey,
        created: new Date(created).toISOString(),
      })),
    };
  },
});

const deleteKey = operation({
  id: 'deleteWebAuthN',
  method: 'delete',
  path: '/users/{user}/2fa/webauthn/credentials/{credential}',
  group,
  summary: 'Take a security key back',
  access: access('update'),
  params: { ...forUser, credential: z.string().regex(/^[0-9a-f]{24}$/, 'is no id') },
  response: z.object({ deleted: z.boolean() }),
  errors: ['CredentialNotFound'],
  async run({ store, user, input }) {
    const key = (await store.auth.securityKeys(user.id)).find(({ id }) => keyObjectId(id) === input.credential);
    if (!key) throw new ApiError('CredentialNotFound', 'this security key does not exist');
    return { deleted: await store.auth.removeSecurityKey(user.id, key.id) };
  },
});

const beginKey = operation({
  id: 'initiateWebAuthNRegistration',
  method: 'post',
  path: '/users/{user}/2fa/webauthn/registration-challenge',
  group,
  summary: 'Begin to register a security key',
  access: access('update'),
  params: forUser,
  body: {
    description: z.string().min(1).max(1024).meta({ description: 'What its owner calls it' }),
    origin: z.string().max(1024).optional().meta({ description: 'Taken for compatibility; the store knows its pages' }),
    authenticatorAttachment: z.enum(['platform', 'cross-platform']).default('cross-platform'),
    rpId: z.string().max(255).optional().meta({ description: 'Taken for compatibility' }),
  },
  response: z.object({ registrationOptions: z.record(z.string(), z.unknown()) }),
  errors: ['Unsupported', 'LimitExceeded'],
  async run({ store, user, input }) {
    const options = await store.auth.beginSecurityKey(user.id);
    return {
      registrationOptions: {
        ...options,
        challenge: toHex(options.challenge),
        user: { ...options.user, id: toHex(options.user.id) },
        excludeCredentials: options.excludeCredentials.map(describeKey),
        authenticatorSelection: {
          ...options.authenticatorSelection,
          authenticatorAttachment: input.authenticatorAttachment,
        },
        description: input.description,
      },
    };
  },
});

const finishKey = operation({
  id: 'attestateWebAuthNRegistration',
  method: 'post',
  path: '/users/{user}/2fa/webauthn/registration-attestation',
  group,
  summary: 'Register a security key',
  access: access('update'),
  params: forUser,
  body: {
    challenge: hex(2048, 'The challenge'),
    rawId: hex(2048, 'ID of the credential'),
    clientDataJSON: hex(65_536, 'What the browser has signed'),
    attestationObject: hex(262_144, 'The answer of the key'),
    description: z.string().min(1).max(100).default('Security key').meta({ description: 'What its owner calls it' }),
    rpId: z.string().max(255).optional(),
  },
  response: z.object({ response: z.object({ id: z.string(), description: z.string() }) }),
  errors: ['Unsupported', 'AuthFailed', 'LimitExceeded'],
  async run({ store, user, input }) {
    const id = fromHex(input.rawId);
    const key = await store.auth.finishSecurityKey(user.id, input.description, {
      ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
      response: { clientDataJSON: fromHex(input.clientDataJSON), attestationObject: fromHex(input.attestationObject) },
    });
    return { response: { id: keyObjectId(key.id), description: key.name } };
  },
});

const beginAssertion = operation({
  id: 'initiateWebAuthNAuthentication',
  method: 'post',
  path: '/users/{user}/2fa/webauthn/authentication-challenge',
  group,
  summary: 'Ask for the answer of a security key',
  access: { resource: 'authentication', verb: 'create' },
  params: forUser,
  body: {
    twoFactorNonce: nonceField,
    origin: z.string().max(1024).optional(),
    authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
    rpId: z.string().max(255).optional(),
  },
  response: z.object({ authenticationOptions: z.record(z.string(), z.unknown()) }),
  errors: ['Unsupported', 'AuthFailed'],
  async run({ store, input }) {
    const options = await store.auth.beginSecondFactor(input.twoFactorNonce);
    return {
      authenticationOptions: {
        ...options,
        challenge: toHex(options.challenge),
        allowCredentials: options.allowCredentials.map(describeKey),
      },
    };
  },
});

const finishAssertion = operation({
  id: 'assertWebAuthNAuthentication',
  method: 'post',
  path: '/users/{user}/2fa/webauthn/authentication-assertion',
  group,
  summary: 'End a login with a security key',
  access: { resource: 'authentication', verb: 'create' },
  params: forUser,
  body: {
    twoFactorNonce: nonceField,
    challenge: hex(2048, 'The challenge'),
    rawId: hex(2048, 'ID of the credential'),
    clientDataJSON: hex(65_536, 'What the browser has signed'),
    authenticatorData: hex(65_536, 'What the key says'),
    signature: hex(65_536, 'What the key has signed'),
    rpId: z.string().max(255).optional(),
    token: z.boolean().optional().meta({ description: 'Taken for compatibility' }),
  },
  response: z.object({ id: z.string(), token: z.string().optional() }),
  errors: ['Unsupported', 'AuthFailed', 'RateLimitedError'],
  async run(call) {
    const { input } = call;
    const id = fromHex(input.rawId);
    return finishLogin(call, input.twoFactorNonce, {
      method: 'securityKey',
      response: {
        ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
        response: {
          clientDataJSON: fromHex(input.clientDataJSON),
          authenticatorData: fromHex(input.authenticatorData),
          signature: fromHex(input.signature),
        },
      },
    });
  },
});

function describeKey({ id, transports }: KeyDescriptor): object {
  return { rawId: toHex(id), type: 'public-key', transports: transports ?? ['usb', 'nfc', 'ble'] };
}

function keyObjectId(id: string): string {
  return objectIdOf('credential', id);
}

function toHex(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('hex');
}

function fromHex(text: string): string {
  return Buffer.from(text, 'hex').toString('base64url');
}

/** The operations on security keys. */
export const securityKeyOperations: readonly Operation[] = [
  getKeys,
  deleteKey,
  beginKey,
  finishKey,
  beginAssertion,
  finishAssertion,
];
