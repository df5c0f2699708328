/** Operations on webhooks. */

import { z } from 'zod';
import { STORE_EVENTS } from '../../model/store-event.ts';
import type { Webhook } from '../../model/webhook.ts';
import { doneResponse, pageFields, pageResponse } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, pageFieldsOf, pageOfSorted, placeOf } from '../paging.ts';
import { access, errors, forOne, group, requireFound, time, timeOf } from './webhook-fields.ts';
import { letterOperations } from './webhook-letters.ts';

const typeField = z.string().min(1).max(128);
const typesField = z
  .union([z.array(typeField).min(1).max(50), typeField.transform((type) => [type])])
  .meta({ description: `Names of events, or beginnings such as \`message.*\`, or \`*\`: ${STORE_EVENTS.join(', ')}` });
const urlField = z.string().min(1).max(2_048).meta({ description: 'Where events are posted, by https or http' });
const named = { id: z.string(), type: z.array(z.string()), user: z.string().nullable(), url: z.string() };
const shown = {
  ...named,
  created: z.string(),
  signed: z.boolean().meta({ description: 'Whether what is posted is signed' }),
  position: z.string().meta({ description: 'ID of the last event that it needs no more' }),
  failures: z.number().int().meta({ description: 'Tries that failed since one was taken' }),
  failingSince: time,
  error: z.string().nullable().meta({ description: 'Why the last try failed' }),
  nextTry: time.meta({ description: 'Nothing is posted before' }),
  disabled: z
    .enum(['asked', 'gone', 'letters'])
    .nullable()
    .meta({ description: 'Why nothing is posted any more: somebody asked, an answer of 410, too many dead letters' }),
};
const getWebhooks = operation({
  id: 'getWebhooks',
  method: 'get',
  path: '/webhooks',
  group,
  summary: 'List webhooks',
  access: access('read'),
  query: {
    type: typeField.optional().meta({ description: 'Only those that were made with this type' }),
    user: z.string().min(1).max(64).optional().meta({ description: 'Only those for the user of that ID' }),
    ...pageFields,
  },
  response: z.object({ ...pageResponse, results: z.array(z.object(shown)) }),
  async run({ store, input }) {
    const all = (await store.webhooks.list())
      .filter(
        ({ types, account }) =>
          (input.type === undefined || types.includes(input.type)) &&
          (input.user === undefined || account === input.user),
      )
      .map((one) => ({ key: one.id, one }));
    const page = pageOfSorted(all, 'asc', placeOf(input, isText), input.limit);
    return { total: all.length, ...pageFieldsOf(page, input), results: page.entries.map(({ one }) => show(one)) };
  },
});

const createWebhook = operation({
  id: 'createWebhook',
  method: 'post',
  path: '/webhooks',
  group,
  summary: 'Make a webhook',
  description: 'It is told what happens from now on, or after a position; at least once and in order',
  access: access('create'),
  body: {
    type: typesField,
    user: z.string().min(1).max(64).optional().meta({ description: 'Only events of the user of that ID' }),
    url: urlField,
    after: z.string().max(64).optional().meta({ description: 'ID of an event: what came after it is told too' }),
  },
  response: z.object({
    id: z.string(),
    secret: z
      .string()
      .optional()
      .meta({ description: 'What is posted is signed under it, by Standard Webhooks; never told again' }),
  }),
  errors: ['LimitExceeded', 'UserNotFound'],
  async run({ store, input: { type, user, url, after } }) {
    const { webhook, secret } = await store.webhooks.create(
      { types: type, url, ...(user !== undefined && { account: user }) },
      after === undefined ? {} : { after },
    );
    return { id: webhook.id, ...(secret !== null && { secret }) };
  },
});

const getWebhook = operation({
  id: 'getWebhook',
  method: 'get',
  path: '/webhooks/{webhook}',
  group,
  summary: 'Tell of a webhook, and how it fares',
  access: access('read'),
  params: forOne,
  response: z.object(shown),
  errors,
  async run({ store, input }) {
    return show(requireFound(await store.webhooks.get(input.webhook)));
  },
});

const updateWebhook = operation({
  id: 'updateWebhook',
  method: 'put',
  path: '/webhooks/{webhook}',
  group,
  summary: 'Change a webhook',
  access: access('update'),
  params: forOne,
  body: {
    type: typesField.optional(),
    user: z.string().min(1).max(64).nullable().optional().meta({ description: 'ID of a user; `null` for all' }),
    url: urlField.optional(),
    disabled: z.boolean().optional().meta({ description: '`false` lets it go on from where it stopped' }),
  },
  response: doneResponse,
  errors: [...errors, 'UserNotFound'],
  async run({ store, input: { webhook, type, user, url, disabled } }) {
    const change = {
      ...(type !== undefined && { types: type }),
      ...(user !== undefined && { account: user }),
      ...(url !== undefined && { url }),
      ...(disabled !== undefined && { disabled }),
    };
    requireFound(await store.webhooks.update(webhook, change));
    return {};
  },
});

const deleteWebhook = operation({
  id: 'deleteWebhook',
  method: 'delete',
  path: '/webhooks/{webhook}',
  group,
  summary: 'Forget a webhook, and what it did not take',
  access: access('delete'),
  params: forOne,
  response: doneResponse,
  errors,
  async run({ store, input }) {
    requireFound(await store.webhooks.remove(input.webhook));
    return {};
  },
});

const rotateSecret = operation({
  id: 'rotateWebhookSecret',
  method: 'post',
  path: '/webhooks/{webhook}/secret',
  group,
  summary: 'Make another secret',
  description: 'For 24 hours what is posted is signed under both',
  access: access('update'),
  params: forOne,
  response: z.object({ secret: z.string().meta({ description: 'Never told again' }) }),
  errors: [...errors, 'Unsupported'],
  async run({ store, input }) {
    return { secret: requireFound(await store.webhooks.rotateSecret(input.webhook)) };
  },
});

const replayWebhook = operation({
  id: 'replayWebhook',
  method: 'post',
  path: '/webhooks/{webhook}/replay',
  group,
  summary: 'Tell a webhook again what came after a position',
  description: 'Up to 7 days back; what is older begins with an event `reset`',
  access: access('update'),
  params: forOne,
  body: { after: z.string().min(1).max(64).meta({ description: 'ID of an event' }) },
  response: doneResponse,
  errors,
  async run({ store, input }) {
    requireFound(await store.webhooks.replay(input.webhook, input.after));
    return {};
  },
});

function show({ types, account, created, failingSince, notBefore, ...one }: Webhook) {
  return {
    ...one,
    type: [...types],
    user: account,
    created: new Date(created).toISOString(),
    failingSince: timeOf(failingSince),
    nextTry: timeOf(notBefore === 0 ? null : notBefore),
  };
}

/** The operations on webhooks. */
export const webhookOperations: readonly Operation[] = [
  getWebhooks,
  createWebhook,
  getWebhook,
  updateWebhook,
  deleteWebhook,
  rotateSecret,
  replayWebhook,
  ...letterOperations,
];
