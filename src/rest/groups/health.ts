/** Operations by which others see how the service is. */

import type { z } from 'zod';
import type { MessageStore } from '../../store/message-store.ts';
import { doneResponse } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const group = 'Health';

const getHealth = operation({
  id: 'getHealth',
  method: 'get',
  path: '/health',
  group,
  summary: 'Ask whether requests can be answered',
  access: null,
  response: doneResponse,
  run: ({ store }) => requireReady(store),
});

const getReady = operation({
  id: 'getReadiness',
  method: 'get',
  path: '/health/ready',
  group,
  summary: 'Ask whether the database and the attachments can be read',
  access: null,
  response: doneResponse,
  run: ({ store }) => requireReady(store),
});

const getLive = operation({
  id: 'getLiveness',
  method: 'get',
  path: '/health/live',
  group,
  summary: 'Ask whether the process lives',
  access: null,
  response: doneResponse,
  run: async () => ({}),
});

const getMetrics = operation({
  id: 'getMetrics',
  method: 'get',
  path: '/metrics',
  group,
  summary: 'Read counters, as Prometheus does',
  access: { resource: 'metrics', verb: 'read' },
  response: { contentType: 'text/plain', description: 'Counters in the text form of Prometheus' },
  errors: ['ResourceNotFound'],
  async run({ context }) {
    if (!context.metrics) throw new ApiError('ResourceNotFound', 'metrics are not switched on');
    const streams = [...context.streams.values()].reduce((sum, one) => sum + one, 0);
    return new Response(context.metrics.text(streams), {
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
    });
  },
});

async function requireReady(store: MessageStore): Promise<z.output<typeof doneResponse>> {
  const { engine, blobs } = await store.maintenance.health();
  if (engine && blobs) return {};
  throw new ApiError('Unavailable', engine ? 'attachments cannot be read' : 'the database cannot be read');
}

/** The operations by which others see how the service is. */
export const healthOperations: readonly Operation[] = [getHealth, getReady, getLive, getMetrics];
