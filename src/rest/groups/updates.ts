/** The operation that tells what happens in an account, as long as somebody listens. */

import { z } from 'zod';
import { accountEvents, eventPosition } from '../events/account-events.ts';
import { eventStream } from '../events/event-stream.ts';
import { userField } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const LAST_EVENT = 'Last-Event-ID';

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
  query: {
    [LAST_EVENT]: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'Position of the last event that is known, where the header of that name cannot be sent' }),
  },
  endless: true,
  response: { contentType: 'text/event-stream', description: 'The events' },
  errors: ['TooManyRequests'],
  async run({ store, user, input, request, signal, context, stillGranted }) {
    const { streams, limits } = context;
    const own = streams.get(user.id) ?? 0;
    if (own >= limits.streamsPerUser || [...streams.values()].reduce((sum, one) => sum + one, 0) >= limits.streams) {
      throw new ApiError('TooManyRequests', 'too many streams are open', { headers: { 'retry-after': '30' } });
    }
    const after =
      request.headers.get(LAST_EVENT) ?? (input as Readonly<Record<string, string | undefined>>)[LAST_EVENT];
    const position = after ?? (await eventPosition(store, user.id));
    streams.set(user.id, own + 1);
    const ended = new AbortController();
    const all = AbortSignal.any([signal, ended.signal, context.closing]);
    return eventStream(accountEvents(store, user.id, { after: position, signal: all }), {
      position,
      signal: all,
      idleMs: limits.idleMs,
      mayGoOn: stillGranted,
      onEnd: () => {
        ended.abort();
        const left = (streams.get(user.id) ?? 1) - 1;
        if (left > 0) streams.set(user.id, left);
        else streams.delete(user.id);
      },
    });
  },
});

/** The operation that follows an account. */
export const updateOperations: readonly Operation[] = [getUpdates];
