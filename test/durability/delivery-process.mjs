/** Delivers what it is told to, sends what is due, and notes in a file what it has sent; until it is killed. */

import { fsyncSync, openSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [place, log, sends] = process.argv.slice(2);
const { openStore } = await import(pathToFileURL(join(resolve(process.env.EIDER_DIST ?? 'dist'), 'index.js')).href);
const file = openSync(log, 'a');

/** Takes a mail over: it is in the file, durable, before that is said. */
async function send({ kind, to, read }) {
  const chunks = [];
  for await (const chunk of read()) chunks.push(chunk);
  const [, token] = /<(\d+)@made\.example>/.exec(Buffer.concat(chunks).toString('latin1')) ?? [];
  await sleep(Math.random() * 10);
  writeSync(file, `${token} ${kind} ${to}\n`);
  fsyncSync(file);
  await sleep(Math.random() * 10);
}

const store = await openStore({ path: place, outgoing: { host: 'mx.example.org', send } });
if (sends === 'true') store.outgoing.start({ everyMs: 10 });

process.on('message', async ({ number, message, options }) => {
  const outcomes = await store.deliver(message, options);
  process.send?.({ number, results: outcomes.map(({ result, error }) => error?.code ?? result) });
});
process.on('disconnect', () => process.exit());
