/** Small records that several processes want at the same time. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openParts } from '../../src/open-store.ts';
import { emptyPlace } from '../engine-under-test.ts';

const PROCESSES = 3;
const ROUNDS = 25;
const SCRIPT = fileURLToPath(new URL('./vault-racer.mjs', import.meta.url));

interface Won {
  readonly taken: number[];
  readonly created: number[];
  readonly updated: number[];
  readonly counts: number[];
}

test('of three processes one gets each record, and no raise of a counter is lost', { timeout: 60_000 }, async () => {
  const place = await emptyPlace();
  const { engine, blobs } = await openParts(place);
  onTestFinished(async () => {
    await engine.close();
    await blobs.close();
  });
  const owner = 'shared by all';
  for (let n = 0; n < ROUNDS; n++) {
    await engine.vault.put({ owner, kind: 'ticket', key: String(n) }, { value: 'one' });
    await engine.vault.put({ owner, kind: 'versioned', key: String(n) }, { value: '' });
  }
  const racers = Array.from({ length: PROCESSES }, (_, name) => start(place, owner, String(name)));
  await Promise.all(racers.map(({ ready }) => ready));
  for (const { child } of racers) child.stdin?.write('go\n');
  const won = await Promise.all(racers.map(({ outcome }) => outcome));

  const numbers = Array.from({ length: ROUNDS }, (_, n) => n);
  const sorted = (part: (one: Won) => number[]) => won.flatMap(part).sort((a, b) => a - b);
  expect(sorted(({ taken }) => taken)).toEqual(numbers);
  expect(sorted(({ created }) => created)).toEqual(numbers);
  expect(sorted(({ updated }) => updated)).toEqual(numbers);
  expect(sorted(({ counts }) => counts)).toEqual(
    Array.from({ length: PROCESSES * ROUNDS * 4 }, (_, index) => index + 1),
  );
  for (const [name, { created, updated }] of won.entries()) {
    for (const [kind, mine] of Object.entries({ made: created, versioned: updated })) {
      for (const n of mine) {
        expect((await engine.vault.get({ owner, kind, key: String(n) }))?.value).toBe(String(name));
      }
    }
  }
  expect(await engine.vault.list({ owner, kind: 'ticket' }, { limit: 1 })).toEqual([]);
});

function start(
  place: object,
  owner: string,
  name: string,
): { child: ChildProcess; ready: Promise<void>; outcome: Promise<Won> } {
  const args = [SCRIPT, resolve(process.env.EIDER_DIST ?? 'dist'), JSON.stringify(place), owner, name];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const ready = new Promise<void>((done) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      if (output.startsWith('ready\n')) done();
    });
  });
  const ended = once(child, 'close');
  const outcome = ended.then(([code]) => {
    expect(code).toBe(0);
    return JSON.parse(output.slice('ready\n'.length)) as Won;
  });
  return { child, ready, outcome };
}
