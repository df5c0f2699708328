/** The operations that tell what happens, in an account or in all, as long as somebody listens. */

import { z } from 'zod';
import { isEventType } from '../../model/store-event.ts';
import { storeEventView } from '../../model/store-event-view.ts';
import { accountEvents, eventPosition } from '../events/account-events.ts';
import { eventStream, type StreamedEvent } from '../events/event-stream.ts';
import { userField } from '../fields.ts';
import { type Call, type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const LAST_EVENT = 'Last-Event-ID';
const lastEventField = z
  .string()
  .max(64)
  .optional()
  .meta({ description: 'Position of the last event that is known, where the header of that name cannot be sent' });
/** Whose streams those of all accounts are. */
const ALL_ACCOUNTS = '*';
const MAX_TYPES = 50;

const getUpdates = operation({
  id: 'getUpdates',
  method: 'get',
  path: '/users/{user}/updates',
  group: 'Users',
  summary: 'Follow what happens in the mailboxes of a user',
  description:
    'Server-sent events. Each has a position; a client that comes again with the last that it knows gets all that came after, or an event `reset` when that is known no more',
  access: { resource: 'messages', verb: 'read' },
  params: { user: userField },
  query: { [LAST_EVENT]: lastEventField },
  endless: true,
  response: { contentType: 'text/event-stream', description: 'The events' },
  errors: ['TooManyRequests'],
  async run(call) {
    const { store, user } = call;
    requireRoom(call, user.id);
    const position = lastEventOf(call) ?? (await eventPosition(store, user.id));
    return streamOf(call, user.id, position, async function* (signal) {
      for await (const { id, ...data } of accountEvents(store, user.id, { after: position, signal })) {
        yield { id, isReset: data.command === 'RESET', data };
      }
    });
  },
});

const getEvents = operation({
  id: 'getEvents',
  method: 'get',
  path: '/events',
  group: 'Events',
  summary: 'Follow what happens in all accounts',
  description:
    'Server-sent events, those of an account in their order. Each has a position, good for 7 days; a client that comes again with the last that it knows gets all that came after, each once, or an event `reset` when that is known no more',
  access: { resource: 'events', verb: 'read' },
  query: {
    [LAST_EVENT]: lastEventField,
    types: z
      .string()
      .max(1024)
      .optional()
      .meta({ description: 'Names of events with commas between, or beginnings such as `message.*`; else all' }),
    user: z.string().min(1).max(64).optional().meta({ description: 'Only of the user of that ID' }),
  },
  endless: true,
  response: { contentType: 'text/event-stream', description: 'The events' },
  errors: ['TooManyRequests'],
  async run(call) {
    const { store, input } = call;
    requireRoom(call, ALL_ACCOUNTS);
    const types = input.types === undefined ? ['*'] : input.types.split(',').map((type) => type.trim());
    const unknown = types.find((type) => !isEventType(type));
    if (unknown !== undefined || types.length > MAX_TYPES) {
      const reason = 'names no event, or there are too many';
      throw new ApiError('InputValidationError', `"types": ${reason}`, { details: { types: reason } });
    }
    const position = lastEventOf(call) ?? (await store.eventPosition());
    const only = input.user === undefined ? {} : { account: input.user };
    return streamOf(call, ALL_ACCOUNTS, position, async function* (signal) {
      for await (const event of store.events({ after: position, types, ...only, signal })) {
        const { id, ...data } = storeEventView(event);
        yield { id, isReset: event.ev === 'reset', data: { id, ...data } };
      }
    });
  },
});

function lastEventOf({ request, input }: Call<object>): string | undefined {
  return request.headers.get(LAST_EVENT) ?? (input as Readonly<Record<string, string | undefined>>)[LAST_EVENT];
}

/** @throws {@link ApiError} `TooManyRequests`. */
function requireRoom({ context: { streams, limits } }: Call<object>, whose: string): void {
  const all = [...streams.values()].reduce((sum, one) => sum + one, 0);
  if ((streams.get(whose) ?? 0) < limits.streamsPerUser && all < limits.streams) return;
  throw new ApiError('TooManyRequests', 'too many streams are open', { headers: { 'retry-after': '30' } });
}

function streamOf(
  { signal, context, stillGranted }: Call<object>,
  whose: string,
  position: string,
  events: (signal: AbortSignal) => AsyncGenerator<StreamedEvent, void, undefined>,
): Response {
  const { streams, limits, closing } = context;
  streams.set(whose, (streams.get(whose) ?? 0) + 1);
  const ended = new AbortController();
  const all = AbortSignal.any([signal, ended.signal, closing]);
  return eventStream(events(all), {
    position,
    signal: all,
    idleMs: limits.idleMs,
    mayGoOn: stillGranted,
    onEnd: () => {
      ended.abort();
      const left = (streams.get(whose) ?? 1) - 1;
      if (left > 0) streams.set(whose, left);
      else streams.delete(whose);
    },
  });
}

/** The operations that follow accounts. */
export const updateOperations: readonly Operation[] = [getUpdates, getEvents];
