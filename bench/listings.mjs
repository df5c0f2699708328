// How fast the API lists the messages of a mailbox, and whether that depends on how many there are.
// node bench/listings.mjs [--small 100] [--large 100000] [--page 50] [--change]
// --change: a flag changes before each list, and counts for nothing in what is told.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStore, UidSet } from '../dist/index.js';
import { createRestApi } from '../dist/rest/index.js';

const { values } = parseArgs({
  options: {
    small: { type: 'string', default: '100' },
    large: { type: 'string', default: '100000' },
    page: { type: 'string', default: '50' },
    change: { type: 'boolean', default: false },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'eider-listings-'));
const store = await openStore({ path: folder });
const api = createRestApi(store);
const { token } = await store.auth.createToken({ role: 'root' });
const { id } = await store.accounts.create({ name: 'ann' });

const letter = (n) =>
  [
    `From: "Person ${n % 97}" <person${n % 97}@example.net>`,
    'To: Ann <ann@example.com>, Bob <bob@example.com>',
    `Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= number ${n}`,
    'Date: Thu, 26 Nov 2026 10:00:00 +0000',
    `Message-ID: <${n}@example.net>`,
    `References: <${n - 1}@example.net>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=q',
    '',
    '--q',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'some words '.repeat(40),
    '--q',
    'Content-Type: application/pdf; name=x.pdf',
    'Content-Disposition: attachment; filename=x.pdf',
    'Content-Transfer-Encoding: base64',
    '',
    'AAAA',
    '--q--',
    '',
  ].join('\r\n');

async function fill(mailbox, count) {
  await store.createMailbox(id, mailbox);
  for (let n = 0; n < count; n += 500) {
    const messages = [];
    for (let m = n; m < Math.min(count, n + 500); m++)
      messages.push({ message: await store.prepare(letter(m % 2000)) });
    await store.appendPrepared(id, mailbox, messages);
  }
}

async function list(mailbox, ms) {
  const { results } = await (await ask(`/users/${id}/mailboxes/resolve?path=${mailbox}`))
    .json()
    .then((one) => ({ results: one }));
  const path = `/users/${id}/mailboxes/${results.id}/messages?limit=${values.page}`;
  const ends = performance.now() + ms;
  let [count, wall, cpuMs] = [0, 0, 0];
  for (; performance.now() < ends; count++) {
    const mode = count % 2 === 0 ? 'add' : 'remove';
    if (values.change) await store.storeFlags(id, mailbox, UidSet.of(1), { mode, flags: ['\\Flagged'] });
    const cpu = process.cpuUsage();
    const began = performance.now();
    await (await ask(path)).text();
    wall += performance.now() - began;
    const { user, system } = process.cpuUsage(cpu);
    cpuMs += (user + system) / 1000;
  }
  return { perSecond: (count * 1000) / wall, cpuMs: cpuMs / count };
}

function ask(path) {
  return api.fetch(new Request(`http://x${path}`, { headers: { authorization: `Bearer ${token}` } }));
}

await fill('small', Number(values.small));
await fill('large', Number(values.large));
await list('small', 1_000);
for (const round of [1, 2]) {
  for (const mailbox of ['small', 'large']) {
    const { perSecond, cpuMs } = await list(mailbox, 3_000);
    const count = values[mailbox];
    console.log(
      `round ${round}, ${count} messages: ${perSecond.toFixed(0)} lists of ${values.page} a second, ${cpuMs.toFixed(2)} ms of CPU each`,
    );
  }
}
await store.close();
await rm(folder, { recursive: true });
