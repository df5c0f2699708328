// What it costs a store that its events are followed, and how fast a webhook is told.
// node bench/events.mjs [--messages 2000] [--at-once 8]

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStore } from '../dist/index.js';

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '2000' }, 'at-once': { type: 'string', default: '8' } },
});
const messages = Number(values.messages);
const atOnce = Number(values['at-once']);
const folder = await mkdtemp(join(tmpdir(), 'eider-events-'));
const store = await openStore({
  path: folder,
  secret: Buffer.alloc(32, 1),
  webhooks: { allowPrivate: true },
});
const accounts = [];
for (let n = 0; n < atOnce; n++) {
  const { id } = await store.accounts.create({ name: `u${n}`, address: `u${n}@example.com` });
  accounts.push(id);
}
const letter = `From: eve@example.net\r\nSubject: hello\r\n\r\n${'some words '.repeat(200)}\r\n`;

/** Deliveries a second, and CPU of each in milliseconds. */
async function deliver() {
  const cpu = process.cpuUsage();
  const began = performance.now();
  let left = messages;
  await Promise.all(
    accounts.map(async (_, n) => {
      while (left-- > 0) await store.deliver(letter, { from: 'eve@example.net', recipients: [`u${n}@example.com`] });
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return `${(messages / seconds).toFixed(0)} deliveries a second, ${((user + system) / 1000 / messages).toFixed(2)} ms of CPU each`;
}

await deliver();
for (const round of [1, 2]) console.log(`nobody follows, round ${round}: ${await deliver()}`);

const stop = new AbortController();
let told = 0;
const following = (async () => {
  for await (const _ of store.events({ types: ['message.received'], signal: stop.signal })) told++;
})();
await store.eventPosition();
await new Promise((resolve) => setTimeout(resolve, 1_500));
for (const round of [1, 2]) console.log(`one follows, round ${round}: ${await deliver()}`);
const began = performance.now();
while (told < 2 * messages) await new Promise((resolve) => setTimeout(resolve, 5));
console.log(`the last was told ${(performance.now() - began).toFixed(0)} ms after the last delivery`);
stop.abort();
await following;

let posted = 0;
const receiver = createServer((request, response) => {
  request.resume().on('end', () => {
    posted++;
    response.writeHead(204).end();
  });
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
const url = `http://127.0.0.1:${receiver.address().port}/`;
await store.webhooks.create({ url, types: ['message.received'] });
await deliver();
const cpu = process.cpuUsage();
const start = performance.now();
const end = store.webhooks.start();
while (posted < messages) await new Promise((resolve) => setTimeout(resolve, 5));
const { user, system } = process.cpuUsage(cpu);
const perSecond = (messages * 1000) / (performance.now() - start);
console.log(
  `a webhook is told ${perSecond.toFixed(0)} events a second, ${((user + system) / 1000 / messages).toFixed(2)} ms of CPU each, its receiver included`,
);
await end();
receiver.close();
await store.close();
await rm(folder, { recursive: true });
