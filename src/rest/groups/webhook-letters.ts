/** Operations on events that webhooks did not take. */

import { z } from 'zod';
import { storeEventView } from '../../model/store-event-view.ts';
import { idField, limitField } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { isText, pageFieldsOf, placeOf } from '../paging.ts';
import { access, errors, forOne, group, requireFound, time, timeOf } from './webhook-fields.ts';

const MAX_LETTERS = 1_000;
const WORDS = {
  resend: { id: 'resendWebhookLetters', summary: 'Post dead letters once more' },
  discard: { id: 'discardWebhookLetters', summary: 'Throw away events that a webhook did not take' },
} as const;

const getLetters = operation({
  id: 'getWebhookLetters',
  method: 'get',
  path: '/webhooks/{webhook}/letters',
  group,
  summary: 'List the events that a webhook did not take',
  access: access('read'),
  params: forOne,
  query: {
    limit: limitField,
    next: z.string().max(1024).optional().meta({ description: 'Cursor of the next page, from an answer' }),
  },
  response: z.object({
    nextCursor: z.union([z.literal(false), z.string()]),
    results: z.array(
      z.object({
        id: z.string().meta({ description: 'ID of the event' }),
        event: z.record(z.string(), z.unknown()).meta({ description: 'As it is posted' }),
        tries: z.number().int(),
        error: z.string(),
        created: z.string(),
        nextTry: time.meta({ description: '`null` for a dead letter, which is tried no more and kept for 30 days' }),
      }),
    ),
  }),
  errors,
  async run({ store, input }) {
    const { after } = placeOf(input, isText);
    const found = requireFound(
      await store.webhooks.letters(input.webhook, { limit: input.limit, ...(after !== undefined && { after }) }),
    );
    const entries = found.map((one) => ({ key: one.id, one }));
    const last = found.length === input.limit ? (found.at(-1)?.id ?? null) : null;
    const { nextCursor } = pageFieldsOf({ entries, first: null, last }, {});
    return {
      nextCursor,
      results: found.map(({ event, created, due, ...letter }) => ({
        ...letter,
        event: storeEventView(event),
        created: new Date(created).toISOString(),
        nextTry: timeOf(due),
      })),
    };
  },
});

function changeLetters(how: keyof typeof WORDS): Operation {
  return operation({
    ...WORDS[how],
    method: 'post',
    path: `/webhooks/{webhook}/letters/${how}`,
    group,
    access: access('update'),
    params: forOne,
    body: {
      letters: z
        .array(idField('ID of an event'))
        .min(1)
        .max(MAX_LETTERS)
        .optional()
        .meta({ description: 'Only these; else all' }),
    },
    response: z.object({ letters: z.number().int().meta({ description: 'How many they were' }) }),
    errors,
    async run({ store, input }) {
      return { letters: requireFound(await store.webhooks[how](input.webhook, input.letters)) };
    },
  });
}

/** The operations on letters. */
export const letterOperations: readonly Operation[] = [getLetters, changeLetters('resend'), changeLetters('discard')];
