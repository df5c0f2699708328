/** The client, and that its types say what the API does. */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRestClient, RestClientError } from '../../src/rest/client/client.ts';
import { createRestServer } from '../../src/rest/server.ts';
import { printOperations } from './print-operations.ts';
import { openRest } from './rest-fixture.ts';

const ROOT = join(import.meta.dirname, '../..');

test('its types are those of the API (EIDER_WRITE_CLIENT=1 writes them)', async () => {
  const { api } = await openRest();
  const file = join(ROOT, 'src/rest/client/operations.ts');
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const input = printOperations(api.openApi);
  const wanted = execFileSync(process.execPath, [biome, 'format', '--stdin-file-path', 'operations.ts'], {
    input,
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (process.env.EIDER_WRITE_CLIENT === '1') writeFileSync(file, wanted);
  expect(readFileSync(file, 'utf8')).toBe(wanted);
});

test('it calls operations over a socket, and tells what was refused', async () => {
  const { store, token } = await openRest();
  await using server = createRestServer(store);
  const { port } = await server.listen();
  const client = createRestClient({ baseUrl: `http://127.0.0.1:${port}/`, token });
  const { id } = await client.post('/users', { username: 'ann', password: 'secret one', tags: ['a', 'b'] });
  await client.put('/users/{user}', { user: id, name: 'Ann & Co' });
  expect((await client.get('/users/{user}', { user: id })).name).toBe('Ann & Co');
  const { results } = await client.get('/users', { query: 'ann', limit: 1 });
  expect(results[0]).toMatchObject({ id, tags: ['a', 'b'] });
  const inbox = (await client.get('/users/{user}/mailboxes', { user: id })).results[0]?.id ?? '';
  const { message } = await client.post('/users/{user}/mailboxes/{mailbox}/messages', {
    user: id,
    mailbox: inbox,
    text: 'hello',
  });
  const source = await client.request('get', `/users/${id}/mailboxes/${inbox}/messages/${message.id}/message.eml`);
  expect(await source.text()).toContain('hello');
  await client.delete('/users/{user}/mailboxes/{mailbox}/messages/{message}', {
    user: id,
    mailbox: inbox,
    message: message.id,
  });
  const refused = await client.get('/users/{user}', { user: 'a'.repeat(24) }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RestClientError);
  expect(refused).toMatchObject({ status: 404, code: 'UserNotFound' });
  const wrong = await client.post('/users', { username: '', password: 'x' }).catch((error: unknown) => error);
  expect(wrong).toMatchObject({ status: 400, code: 'InputValidationError', details: { username: expect.any(String) } });
  await expect(client.get('/users/{user}', { user: '' })).rejects.toThrow('user is missing');
});
