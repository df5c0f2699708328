/** Which store a command line means, and what of its connection string may be shown. */

import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { envOf, maskUris, placeOf, storePlace, withoutUris } from '../../src/cli/store-place.ts';

const URI = 'mongodb://ann:s3cret@one.example.org,two.example.org:27018/mail?authSource=admin';
const folder = (name: string) => ({ kind: 'folder', folder: path.resolve(name) });

describe('storePlace', () => {
  test.each<[string, Parameters<typeof storePlace>[0], NodeJS.ProcessEnv, unknown, unknown]>([
    ['nothing said', {}, {}, folder('eider-data'), null],
    ['the environment', {}, { EIDER_MONGODB: URI }, { kind: 'mongodb', uri: URI }, null],
    ['an option before the environment', { data: 'x' }, { EIDER_MONGODB: URI }, folder('x'), null],
    ['the other way round', { mongodb: URI }, { EIDER_DATA: 'x' }, { kind: 'mongodb', uri: URI }, null],
    ['attachments apart', { mongodb: URI, attachments: 'y' }, {}, { kind: 'mongodb', uri: URI }, folder('y')],
    [
      'attachments alone on MongoDB',
      { data: 'x' },
      { EIDER_ATTACHMENTS_MONGODB: URI },
      folder('x'),
      { kind: 'mongodb', uri: URI },
    ],
  ])('%s', (_, options, env, store, attachments) => {
    expect(storePlace(options, env)).toEqual({ store, attachments });
  });

  test.each<[string, Parameters<typeof storePlace>[0], NodeJS.ProcessEnv]>([
    ['two options', { data: 'x', mongodb: URI }, {}],
    ['two variables', {}, { EIDER_DATA: 'x', EIDER_MONGODB: URI }],
    ['two places for attachments', { attachments: 'x', 'attachments-mongodb': URI }, {}],
    ['a connection string as a folder', { data: URI }, {}],
    ['a folder as a connection string', { mongodb: 'x' }, {}],
  ])('refuses %s, and tells no secret', (_, options, env) => {
    expect(() => storePlace(options, env)).toThrow(/^(?!.*s3cret)/);
  });
});

test('maskUris leaves hosts and database', () => {
  const shown = 'mongodb://***@one.example.org,two.example.org:27018/mail';
  expect(maskUris(URI)).toBe(shown);
  expect(maskUris(`cannot reach ${URI} or mongodb+srv://host/`)).toBe(`cannot reach ${shown} or mongodb+srv://host/`);
  expect(maskUris('mongodb://ann:p@ss/w?rd@host/db')).toBe('mongodb://***@host/db');
});

test('placeOf takes either', () => {
  expect([placeOf('x'), placeOf(URI)]).toEqual([folder('x'), { kind: 'mongodb', uri: URI }]);
});

test('what goes to forks says the same without saying it on the command line', () => {
  const args = ['serve', '--mongodb', URI, '--imap', '0', `--attachments-mongodb=${URI}`];
  expect(withoutUris(args)).toEqual(['serve', '--imap', '0']);
  expect(envOf(storePlace({ mongodb: URI, 'attachments-mongodb': URI }, {}))).toEqual({
    EIDER_MONGODB: URI,
    EIDER_ATTACHMENTS_MONGODB: URI,
  });
});
