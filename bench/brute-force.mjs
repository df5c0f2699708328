// Guesses passwords from one address and from a thousand, in two processes on one store, while the owners log in.
//
//   node bench/brute-force.mjs [GUESSES]
//
// Prints how many guesses were compared at all (the others were refused unseen), how many logins of owners succeeded
// meanwhile and how long they took, and how late the event loop of the busiest process was.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { openStore } from '../dist/index.js';

const ACCOUNTS = 100;
const PROCESSES = 2;
/** Guesses under way at once in a process. */
const AT_ONCE = 100;
/** Between two logins of owners, in milliseconds. */
const OWNER_MS = 100;

if (process.argv[2] === 'worker') await worker();
else await main(Number(process.argv[2] ?? 20_000));

async function main(guesses) {
  for (const addresses of [1, 1000]) {
    const path = await mkdtemp(join(tmpdir(), 'eider-brute-'));
    try {
      const store = await openStore({ path });
      for (let i = 0; i < ACCOUNTS; i++) await store.accounts.create({ name: `user${i}`, password: `right ${i}` });
      await store.close();
      const begin = performance.now();
      const results = await Promise.all(
        Array.from({ length: PROCESSES }, async (_, index) => {
          const child = fork(fileURLToPath(import.meta.url), ['worker']);
          child.send({ path, addresses, guesses: guesses / PROCESSES, index });
          const [[result]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
          return result;
        }),
      );
      const sum = (name) => results.reduce((total, result) => total + result[name], 0);
      const worst = (name) => Math.max(...results.map((result) => result[name]));
      console.log(
        `${guesses} guesses from ${addresses} address${addresses > 1 ? 'es' : ''} in ${((performance.now() - begin) / 1000).toFixed(0)} s: ` +
          `${sum('compared')} compared, ${sum('limited')} refused unseen, ${sum('got')} got in; ` +
          `owners: ${sum('owners')} of ${sum('tried')} logins, p50 ${worst('p50').toFixed(0)} ms, p99 ${worst('p99').toFixed(0)} ms; ` +
          `event loop late by p99 ${worst('late').toFixed(0)} ms, at most ${worst('latest').toFixed(0)} ms`,
      );
    } finally {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function worker() {
  const [{ path, addresses, guesses, index }] = await once(process, 'message');
  const store = await openStore({ path });
  const counts = { compared: 0, limited: 0, got: 0, owners: 0, tried: 0 };
  const times = [];
  // The owners were here before.
  const owner = (i) => store.auth.authenticate(`user${i}`, `right ${i}`, { scope: 'imap', address: `203.0.113.${i}` });
  for (let i = 0; i < ACCOUNTS; i++) await owner(i);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  let next = 0;
  let running = true;
  const owners = (async () => {
    for (let i = 0; running; i = (i + 1) % ACCOUNTS) {
      const begin = performance.now();
      counts.tried++;
      if ((await owner(i)).kind === 'granted') counts.owners++;
      times.push(performance.now() - begin);
      await new Promise((resolve) => setTimeout(resolve, OWNER_MS));
    }
  })();
  const guess = async () => {
    while (next < guesses) {
      const number = next++ * PROCESSES + index;
      const address = `198.${18 + ((number % addresses) >> 8)}.${(number % addresses) & 255}.1`;
      const outcome = await store.auth.authenticate(`user${number % ACCOUNTS}`, `guess ${number}`, {
        scope: 'imap',
        address,
      });
      if (outcome.kind === 'granted') counts.got++;
      else counts[outcome.reason === 'rateLimited' ? 'limited' : 'compared']++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, guess));
  running = false;
  await owners;
  delay.disable();
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  process.send({ ...counts, p50: at(0.5), p99: at(0.99), late: delay.percentile(99) / 1e6, latest: delay.max / 1e6 });
  await store.close();
  process.disconnect();
}
