// Guesses passwords in two processes on one store, as one program, a botnet or a site of IPv6 does, while the owners log in.
//
//   node bench/brute-force.mjs [GUESSES [ATTACK...]]
//
// For each attack: how many guesses were compared at all (the others were refused unseen), how many logins of owners
// succeeded meanwhile and how long they took, how late the event loop of the busier process was, what memory it took,
// and by how much the store and its log grew.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
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
const MB = 1_048_576;

const ipv4 = (n) => `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
/** By name: from how many addresses, at how many names, and which address the n-th is. */
const ATTACKS = {
  'one address, one account': { addresses: 1, targets: 1, address: ipv4 },
  'one address, names that nobody has': { addresses: 1, targets: 0, address: ipv4 },
  '65,536 networks of an IPv6 /48, one account': {
    ...{ addresses: 65_536, targets: 1 },
    address: (n) => `2001:db8:7:${n.toString(16)}::${n.toString(16)}`,
  },
  '65,536 networks of an IPv6 /48, 100 accounts': {
    ...{ addresses: 65_536, targets: ACCOUNTS },
    address: (n) => `2001:db8:7:${n.toString(16)}::${n.toString(16)}`,
  },
  '5,000 addresses, one account': { addresses: 5_000, targets: 1, address: ipv4 },
  '1,000 addresses, 100 accounts': { addresses: 1_000, targets: ACCOUNTS, address: ipv4 },
  '5,000 addresses, 100 accounts': { addresses: 5_000, targets: ACCOUNTS, address: ipv4 },
};

if (process.argv[2] === 'worker') await worker();
else await main(Number(process.argv[2] ?? 100_000), process.argv.slice(3));

async function main(guesses, chosen) {
  console.log(
    '| attack | s | compared | got in | owners in | p50, p99 ms | loop late p99, most ms | memory MB | store MB | log |',
  );
  console.log('| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |');
  for (const attack of chosen.length > 0 ? chosen : Object.keys(ATTACKS)) await run(guesses, attack);
}

async function run(guesses, attack) {
  const path = await mkdtemp(join(tmpdir(), 'eider-brute-'));
  try {
    const store = await openStore({ path });
    const appPasswords = [];
    for (let i = 0; i < ACCOUNTS; i++) {
      const { id } = await store.accounts.create({ name: `user${i}`, password: `right ${i}` });
      appPasswords.push((await store.auth.createAppPassword(id, { scopes: ['imap'] })).password);
    }
    await store.close();
    const before = await sizeOf(path);
    const begin = performance.now();
    const results = await Promise.all(
      Array.from({ length: PROCESSES }, async (_, index) => {
        const child = fork(fileURLToPath(import.meta.url), ['worker']);
        child.send({ path, attack, guesses: guesses / PROCESSES, index, appPasswords });
        const [[result]] = await Promise.all([once(child, 'message'), once(child, 'exit')]);
        return result;
      }),
    );
    const seconds = (performance.now() - begin) / 1000;
    const grown = (await sizeOf(path)) - before;
    const after = await openStore({ path });
    let log = 0;
    for await (const { id } of after.accounts.list()) log += (await after.auth.log(id, { limit: 1_000 })).length;
    log += (await after.auth.log(null, { limit: 1_000 })).length;
    await after.close();
    const sum = (name) => results.reduce((total, result) => total + result[name], 0);
    const worst = (name) => Math.max(...results.map((result) => result[name])).toFixed(0);
    const cells = [
      ...[attack, seconds.toFixed(0), sum('compared'), sum('got'), `${sum('owners')} of ${sum('tried')}`],
      ...[`${worst('p50')}, ${worst('p99')}`, `${worst('late')}, ${worst('latest')}`, worst('memory')],
      ...[(grown / MB).toFixed(1), log],
    ];
    console.log(`| ${cells.join(' | ')} |`);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function worker() {
  const [{ path, attack, guesses, index, appPasswords }] = await once(process, 'message');
  const { addresses, targets, address } = ATTACKS[attack];
  const store = await openStore({ path });
  const counts = { compared: 0, got: 0, owners: 0, tried: 0 };
  const times = [];
  // The owners were here before; every other time a program of theirs comes from elsewhere.
  const owner = (i, away) =>
    store.auth.authenticate(`user${i}`, away ? appPasswords[i] : `right ${i}`, {
      scope: 'imap',
      address: away ? `192.0.2.${i}` : `203.0.113.${i}`,
    });
  for (let i = 0; i < ACCOUNTS; i++) await owner(i, false);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const memory = process.memoryUsage().rss;
  let most = memory;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 50);
  let next = 0;
  let running = true;
  const owners = (async () => {
    for (let i = 0; running; i++) {
      const begin = performance.now();
      counts.tried++;
      if ((await owner((i >> 1) % ACCOUNTS, i % 2 === 1)).kind === 'granted') counts.owners++;
      times.push(performance.now() - begin);
      await new Promise((resolve) => setTimeout(resolve, OWNER_MS));
    }
  })();
  const guess = async () => {
    while (next < guesses) {
      const number = next++ * PROCESSES + index;
      const name = targets === 0 ? `nobody${number}` : `user${number % targets}`;
      const outcome = await store.auth.authenticate(name, `guess ${number}`, {
        scope: 'imap',
        address: address(number % addresses),
      });
      if (outcome.kind === 'granted') counts.got++;
      else if (outcome.reason !== 'rateLimited') counts.compared++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, guess));
  running = false;
  await owners;
  clearInterval(watch);
  delay.disable();
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  await store.close();
  process.send({
    ...counts,
    ...{ p50: at(0.5), p99: at(0.99), late: delay.percentile(99) / 1e6, latest: delay.max / 1e6 },
    memory: (most - memory) / MB,
  });
  process.disconnect();
}

/** Octets of all files of a folder. */
async function sizeOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((total, size) => total + size, 0);
}
