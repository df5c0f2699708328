/** How soon a session in IDLE hears of what another process stored. */

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createImapServer } from '../../src/imap/index.ts';
import { openStore } from '../../src/open-store.ts';
import { ENGINE, emptyPlace } from '../engine-under-test.ts';
import { LineClient } from './line-client.ts';

const COUNT = process.env.EIDER_LONG === undefined ? 4 : 8;
/** Promised, in milliseconds: what looks at intervals of 100 ms or 1 s hears by the next; a busy machine takes longer. */
const PROMISED = ENGINE === 'sqlite' ? 100 : 1000;
const SLACK = 10_000;

test('within the interval at which it looks', { timeout: 60_000 }, async () => {
  const place = await emptyPlace();
  const store = await openStore(place);
  onTestFinished(() => store.close());
  const imap = createImapServer(store, { insecureAuth: true });
  onTestFinished(() => imap.close({ drainMs: 0 }));
  const { id } = await store.accounts.create({ name: 'ann', password: 'secret' });
  const client = new LineClient((await imap.listen()).port);
  onTestFinished(() => client.destroy());
  await client.line();
  await client.run('a', 'LOGIN ann secret');
  await client.run('b', 'SELECT INBOX');
  client.send('c IDLE\r\n');
  expect(await client.line()).toBe('+ idling');

  const script = fileURLToPath(new URL('./append-later.mjs', import.meta.url));
  const options = [resolve(process.env.EIDER_DIST ?? 'dist'), JSON.stringify(place), id, String(COUNT), '800'];
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  const stored: number[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => stored.push(Number(line)));
  const ended = new Promise((done) => child.on('close', done));

  // Two that come at once may be told at once.
  const heard: number[] = [];
  while (heard.length < COUNT) {
    const [, count] = /^\* (\d+) EXISTS$/.exec((await client.line(30_000)) ?? '') ?? [];
    while (heard.length < Number(count)) heard.push(Date.now());
  }
  expect(await ended).toBe(0);
  const waits = heard.map((at, index) => Math.max(0, at - (stored[index] as number))).sort((a, b) => a - b);
  console.log(`${ENGINE}: told after ${waits.map((ms) => `${ms} ms`).join(', ')}`);
  expect(waits.at(-1)).toBeLessThan(PROMISED + SLACK);
});
