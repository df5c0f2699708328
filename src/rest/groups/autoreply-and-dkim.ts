/** Operations on automatic replies, and on the keys by which domains sign. */

import { z } from 'zod';
import type { DkimKey } from '../../model/dkim.ts';
import { dkimObjectId } from '../../model/object-ids.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { doneResponse, idField, pageFields, pageResponse, userField } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, pageFieldsOf, pageOfSorted, placeOf } from '../paging.ts';
import { ApiError } from '../problems.ts';

const group = 'Automatic replies';
const MAX_TEXT = 128 * 1024;
const time = z.union([z.literal(false), z.literal(''), z.iso.datetime({ offset: true }), z.iso.date()]);
const shownTime = z.union([z.literal(false), z.string()]);

const getReply = operation({
  id: 'getAutoreply',
  method: 'get',
  path: '/users/{user}/autoreply',
  group,
  summary: 'Tell of the automatic reply of a user',
  access: { resource: 'autoreplies', verb: 'read' },
  params: { user: userField },
  response: z.object({
    status: z.boolean(),
    name: z.string(),
    subject: z.string(),
    text: z.string(),
    html: z.string(),
    start: shownTime,
    end: shownTime,
  }),
  async run({ store, user }) {
    const reply = await store.autoReplies.get(user.id);
    const iso = (at: number | null | undefined): string | false => (at ? new Date(at).toISOString() : false);
    return {
      status: reply?.enabled ?? false,
      name: reply?.name ?? '',
      subject: reply?.subject ?? '',
      text: reply?.text ?? '',
      html: reply?.html ?? '',
      start: iso(reply?.start),
      end: iso(reply?.end),
    };
  },
});

const updateReply = operation({
  id: 'updateAutoreply',
  method: 'put',
  path: '/users/{user}/autoreply',
  group,
  summary: 'Change the automatic reply of a user',
  access: { resource: 'autoreplies', verb: 'update' },
  params: { user: userField },
  body: {
    status: z.boolean().optional(),
    name: z.string().max(128).optional().meta({ description: 'Name of the sender' }),
    subject: z.string().max(2048).optional(),
    text: z.string().max(MAX_TEXT).optional(),
    html: z.string().max(MAX_TEXT).optional(),
    start: time.optional().meta({ description: 'From when on; `false` or empty for at once' }),
    end: time.optional().meta({ description: 'Until when; `false` or empty for ever' }),
  },
  response: doneResponse,
  async run({ store, user, input }) {
    const { status, name, subject, text, html } = input;
    const at = (value: z.output<typeof time>): number | null => (value ? Date.parse(value) : null);
    await store.autoReplies.set(user.id, {
      ...(status !== undefined && { enabled: status }),
      ...(name !== undefined && { name }),
      ...(subject !== undefined && { subject }),
      ...(text !== undefined && { text }),
      ...(html !== undefined && { html }),
      ...(input.start !== undefined && { start: at(input.start) }),
      ...(input.end !== undefined && { end: at(input.end) }),
    });
    return {};
  },
});

const deleteReply = operation({
  id: 'deleteAutoreply',
  method: 'delete',
  path: '/users/{user}/autoreply',
  group,
  summary: 'Forget the automatic reply of a user',
  access: { resource: 'autoreplies', verb: 'delete' },
  params: { user: userField },
  response: doneResponse,
  async run({ store, user }) {
    await store.autoReplies.remove(user.id);
    return {};
  },
});

const dkimGroup = 'DKIM';
const listed = {
  id: z.string(),
  domain: z.string(),
  selector: z.string(),
  description: z.string(),
  fingerprint: z.string(),
  created: z.string(),
  active: z.boolean(),
  algorithm: z.string(),
};
const shown = { ...listed, publicKey: z.string(), dnsTxt: z.object({ name: z.string(), value: z.string() }) };

const getDkimKeys = operation({
  id: 'getDkimKeys',
  method: 'get',
  path: '/dkim',
  group: dkimGroup,
  summary: 'List keys',
  access: { resource: 'dkim', verb: 'read' },
  query: { query: z.string().max(255).optional().meta({ description: 'Part of a domain' }), ...pageFields },
  response: z.object({ ...pageResponse, query: z.string().optional(), results: z.array(z.object(listed)) }),
  async run({ store, input }) {
    const query = input.query?.toLowerCase();
    const all = (await store.dkim.list())
      .filter(({ domain }) => query === undefined || domain.includes(query))
      .map((one) => ({ key: `${one.domain} ${one.selector}`, one }));
    const page = pageOfSorted(all, 'asc', placeOf(input, isText), input.limit);
    return {
      total: all.length,
      ...pageFieldsOf(page, input),
      ...(input.query !== undefined && { query: input.query }),
      results: page.entries.map(({ one }) => list(one)),
    };
  },
});

const updateDkimKey = operation({
  id: 'updateDkimKey',
  method: 'post',
  path: '/dkim',
  group: dkimGroup,
  summary: 'Give a domain a key to sign with',
  description:
    'It signs from now on, in place of the key of its algorithm of before, which stays until it is deleted; a selector is used once',
  access: { resource: 'dkim', verb: 'create' },
  body: {
    domain: z.string().min(1).max(255).meta({ description: '`*` for all domains without a key' }),
    selector: z.string().min(1).max(255),
    privateKey: z
      .string()
      .max(32_768)
      .optional()
      .meta({ description: 'PEM, or an Ed25519 key in base64; else one is made' }),
    algorithm: z.enum(['rsa-sha256', 'ed25519-sha256']).optional().meta({ description: 'Of a key that is made' }),
    description: z.string().max(255).optional().meta({ description: 'Taken for compatibility' }),
  },
  response: z.object(shown),
  errors: ['Unsupported', 'LimitExceeded'],
  async run({ store, input }) {
    const options = { selector: input.selector, active: true };
    const key = input.privateKey
      ? await store.dkim.import(input.domain, input.privateKey, options)
      : await store.dkim.create(input.domain, { ...options, ...(input.algorithm && { algorithm: input.algorithm }) });
    return show(key);
  },
});

const resolveDkim = operation({
  id: 'resolveDkim',
  method: 'get',
  path: '/dkim/resolve/{domain}',
  group: dkimGroup,
  summary: 'Find the ID of the key that a domain signs with',
  access: { resource: 'dkim', verb: 'read' },
  params: { domain: z.string().min(1).max(255) },
  response: z.object({ id: z.string() }),
  errors: ['DkimNotFound'],
  async run({ store, input }) {
    const keys = await store.dkim.list(input.domain);
    const key = keys.find(({ active }) => active) ?? keys[0];
    if (!key) throw notFound();
    return { id: keyId(key) };
  },
});

const getDkimKey = operation({
  id: 'getDkimKey',
  method: 'get',
  path: '/dkim/{dkim}',
  group: dkimGroup,
  summary: 'Tell of a key, and what to publish of it',
  access: { resource: 'dkim', verb: 'read' },
  params: { dkim: idField('ID of the key') },
  response: z.object(shown),
  errors: ['DkimNotFound'],
  run: async ({ store, input }) => show(await findKey(store, input.dkim)),
});

const deleteDkimKey = operation({
  id: 'deleteDkimKey',
  method: 'delete',
  path: '/dkim/{dkim}',
  group: dkimGroup,
  summary: 'Delete a key',
  access: { resource: 'dkim', verb: 'delete' },
  params: { dkim: idField('ID of the key') },
  response: doneResponse,
  errors: ['DkimNotFound'],
  async run({ store, input }) {
    const { domain, selector } = await findKey(store, input.dkim);
    await store.dkim.remove(domain, selector);
    return {};
  },
});

async function findKey(store: MessageStore, id: string): Promise<DkimKey> {
  const key = (await store.dkim.list()).find((one) => keyId(one) === id);
  if (!key) throw notFound();
  return key;
}

function keyId({ domain, selector }: DkimKey): string {
  return dkimObjectId(domain, selector);
}

function list(key: DkimKey): object {
  const { domain, selector, fingerprint, created, active, algorithm } = key;
  return {
    id: keyId(key),
    domain,
    selector,
    description: '',
    fingerprint,
    created: new Date(created).toISOString(),
    active,
    algorithm,
  };
}

function show(key: DkimKey): object {
  const publicKey = /\bp=([^;\s]*)/.exec(key.record.value)?.[1] ?? '';
  return { ...list(key), publicKey, dnsTxt: { name: key.record.name, value: key.record.value } };
}

function notFound(): ApiError {
  return new ApiError('DkimNotFound', 'this key does not exist');
}

/** The operations on automatic replies and on keys. */
export const replyAndKeyOperations: readonly Operation[] = [
  getReply,
  updateReply,
  deleteReply,
  getDkimKeys,
  updateDkimKey,
  resolveDkim,
  getDkimKey,
  deleteDkimKey,
];
