/** Where nobody listens, nothing is made. */

import { expect, test } from 'vitest';
import { EiderError } from '../../src/errors.ts';
import { operationChannels } from '../../src/tracing/channels.ts';
import { publish, traced, tracedError } from '../../src/tracing/traced.ts';

const message = { engine: 'sqlite', kind: 'read', account: 'a' } as const;

test('the work runs as it is, and events are not made', async () => {
  expect(operationChannels['eider:store.transaction'].hasSubscribers).toBe(false);
  const promise = Promise.resolve(7);
  expect(traced('eider:store.transaction', message, () => promise)).toBe(promise);
  publish('eider:connection', () => {
    throw new Error('made for nobody');
  });
});

test('what may be told of an error is its code', () => {
  expect(tracedError(new EiderError('QUOTA_EXCEEDED', 'what a client has sent'))).toEqual({ code: 'QUOTA_EXCEEDED' });
  expect(tracedError(Object.assign(new Error('secret'), { code: 'ECONNRESET' }))).toEqual({ code: 'ECONNRESET' });
  expect(tracedError(Object.assign(new TypeError('secret'), { code: 'my secret' }))).toEqual({ code: 'TypeError' });
  expect(tracedError('secret')).toEqual({ code: 'string' });
});
