/** What the store's caller is told of the driver's errors, on the driver's own classes. */

import {
  MongoBulkWriteError,
  MongoClient,
  MongoClientClosedError,
  MongoCompatibilityError,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb';
import { describe, expect, test } from 'vitest';
import { EiderError } from '../../src/errors.ts';
import { isDuplicateKey, toEiderError } from '../../src/mongodb/mongo-error.ts';

const server = (code: number, errorLabels: string[] = [], message = 'x'): MongoServerError =>
  new MongoServerError({ ok: 0, code, errmsg: message, message, errorLabels });

describe('toEiderError', () => {
  test.each([
    [14031, 'DISK_FULL'],
    [13, 'STORE_UNSUITABLE'],
    [18, 'STORE_UNSUITABLE'],
    [112, 'BUSY'],
    [16_908_292, 'BUSY'],
    [50, 'UNAVAILABLE'],
    [64, 'UNAVAILABLE'],
    [91, 'UNAVAILABLE'],
    [189, 'UNAVAILABLE'],
    [10107, 'UNAVAILABLE'],
  ])('the server says %i: %s', (code, expected) => {
    const error = server(code);
    expect(toEiderError(error)).toMatchObject({ code: expected, cause: error });
  });

  test.each([
    ['network', new MongoNetworkError('x'), 'UNAVAILABLE'],
    ['time out', new MongoNetworkTimeoutError('x'), 'UNAVAILABLE'],
    ['selection', new MongoServerSelectionError('x', { error: null } as never), 'UNAVAILABLE'],
    ['closed client', new MongoClientClosedError(), 'STORE_CLOSED'],
    ['closed topology', new MongoTopologyClosedError(), 'STORE_CLOSED'],
    ['old server', new MongoCompatibilityError('x'), 'STORE_UNSUITABLE'],
  ])('the driver says %s', (_name, error, code) => {
    expect(toEiderError(error)).toMatchObject({ name: 'EiderError', code, cause: error });
  });

  test.each([
    'RetryableWriteError',
    'TransientTransactionError',
    'UnknownTransactionCommitResult',
    'SystemOverloadedError',
  ])('whatever is labelled %s passes', (label) => {
    expect(toEiderError(server(999, [label]))).toMatchObject({ code: 'UNAVAILABLE' });
  });

  test.each(['EPIPE', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND'])('%s of a socket is UNAVAILABLE', (code) => {
    expect(toEiderError(Object.assign(new Error('x'), { code }))).toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('what is known better than by its label is told so', () => {
    expect(toEiderError(server(14031, ['RetryableWriteError']))).toMatchObject({ code: 'DISK_FULL' });
    expect(toEiderError(server(112, ['TransientTransactionError']))).toMatchObject({ code: 'BUSY' });
  });

  test('a server on its own cannot keep a store', () => {
    for (const message of [
      'Transaction numbers are only allowed on a replica set member or mongos',
      'This MongoDB deployment does not support retryable writes. Please add retryWrites=false to your connection string.',
    ]) {
      expect(toEiderError(server(20, [], message))).toMatchObject({ code: 'STORE_UNSUITABLE' });
    }
  });

  test('others stay what they are', () => {
    const own = new EiderError('ABORTED', 'x');
    const system = Object.assign(new Error('x'), { code: 13 });
    for (const error of [server(20), server(9), new MongoInvalidArgumentError('x'), system, own, null, 'text', 7]) {
      expect(toEiderError(error)).toBe(error);
    }
  });

  test('a server that is not there is UNAVAILABLE', async () => {
    // Port 1 of the loopback: nobody listens, whatever runs here.
    const client = new MongoClient('mongodb://127.0.0.1:1/', { serverSelectionTimeoutMS: 300 });
    const failure = await client
      .db('x')
      .collection('y')
      .findOne({})
      .catch((error: unknown) => error);
    await client.close();
    expect(toEiderError(failure)).toMatchObject({ code: 'UNAVAILABLE', cause: failure });
  });

  test.each([
    new MongoNetworkError('x', { cause: Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) }),
    new MongoServerSelectionError('x', { error: null } as never),
    server(189),
    Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }),
  ])('what a bulk write wraps is looked at: %s', (inner) => {
    const error = new MongoBulkWriteError(inner as never, {} as never);
    expect(toEiderError(error)).toMatchObject({ code: 'UNAVAILABLE', cause: error });
  });
});

test('isDuplicateKey', () => {
  expect([server(11000), server(11001), new Error('x'), null].map(isDuplicateKey)).toEqual([true, false, false, false]);
});
