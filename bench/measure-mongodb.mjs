// Measures what a message costs in each collection of a store on MongoDB: documents and octets (of BSON, before the
// database compresses them). Makes a database of its own on the cluster and drops it.
//
//   npm run build && node bench/measure-mongodb.mjs mongodb://HOST:PORT/ [MESSAGES]

import { MongoClient } from 'mongodb';
import { openStore, UidSet } from '../dist/index.js';

const [uri, count = '1000'] = process.argv.slice(2);
if (!uri) throw new Error('usage: node bench/measure-mongodb.mjs URI [MESSAGES]');
const messages = Number(count);
const COLLECTIONS = ['mail', 'contents', 'pieces', 'terms', 'blobs', 'chunks'];

const random = seeded(4711);
const words = Array.from({ length: 20_000 }, () => word());

const client = new MongoClient(uri);
const db = client.db(`eider_measure_${process.pid}`);
const store = await openStore({ mongodb: db });
try {
  const account = await store.accounts.create({ name: 'measured', address: 'measured@example.org' });
  const empty = await sizes();
  const kinds = { text: 0, html: 0, attachment: 0 };
  let octets = 0;
  for (let n = 0; n < messages; n++) {
    const kind = random() < 0.7 ? 'text' : random() < 2 / 3 ? 'html' : 'attachment';
    const message = makeMessage(n, kind);
    kinds[kind]++;
    octets += message.length;
    await store.append(account.id, 'INBOX', message);
  }
  // Brings the index up to date.
  await store.search(account.id, 'INBOX', { key: 'text', text: words[0] });
  const full = await sizes();
  await store.copy(account.id, 'INBOX', UidSet.range(1, 100), 'Archive');
  const copied = await sizes();

  const { text, html, attachment } = kinds;
  console.log(
    `${messages} messages (${text} text, ${html} with HTML, ${attachment} with attachments), ${octets} octets\n`,
  );
  console.log('| collection | documents a message | octets a message | share of the mail |');
  console.log('| --- | --: | --: | --: |');
  for (const name of COLLECTIONS) {
    const documents = (full[name].documents - empty[name].documents) / messages;
    // The latest messages are not in the index yet; a search reads them.
    const of = name === 'terms' ? await indexed(account.id) : messages;
    const each = (full[name].octets - empty[name].octets) / of;
    console.log(
      `| ${name} | ${documents.toFixed(2)} | ${each.toFixed(0)} | ${((each * messages) / octets).toFixed(3)} |`,
    );
  }
  console.log(`\nmail in an account without messages: ${empty.mail.documents} documents, ${empty.mail.octets} octets`);
  console.log(`a copy: ${((copied.mail.octets - full.mail.octets) / 100).toFixed(0)} octets, no content`);
  for (const [name, prefix] of [
    ['placement', 'p'],
    ['change', 'c'],
    ['thread key', 't'],
  ]) {
    const range = { $gte: `${account.id}.${prefix}.`, $lte: `${account.id}.${prefix}.~` };
    const { documents, octets: all } = await size('mail', { account: account.id, _id: range });
    console.log(`a ${name}: ${(all / documents).toFixed(0)} octets, ${documents} of them`);
  }
  const state = () => size('mail', { account: account.id, _id: account.id });
  const before = await state();
  for (let n = 0; n < 100; n++) await store.createMailbox(account.id, `Projects/project ${String(n).padStart(3, '0')}`);
  console.log(`state: ${before.octets} octets, and for each mailbox ${((await state()).octets - before.octets) / 101}`);
} finally {
  await db.dropDatabase();
  await store.close();
  await client.close();
}

/** How many messages the search index covers. */
async function indexed(account) {
  const list = await db.collection('mail').findOne({ _id: `${account}.i`, account });
  const last = `${account}.${list.indexed.toString(16).padStart(12, '0')}`;
  return db.collection('contents').countDocuments({ account, _id: { $gt: account, $lte: last } });
}

async function sizes() {
  const found = {};
  for (const name of COLLECTIONS) found[name] = await size(name, {});
  return found;
}

async function size(name, filter) {
  const [sum] = await db
    .collection(name)
    .aggregate([
      { $match: filter },
      { $group: { _id: null, documents: { $sum: 1 }, octets: { $sum: { $bsonSize: '$$ROOT' } } } },
    ])
    .toArray();
  return { documents: sum?.documents ?? 0, octets: sum?.octets ?? 0 };
}

/** Text of 4-8 KB, text and HTML of 30-60 KB, or an attachment of 300 KB-1 MB that every second time is the same. */
function makeMessage(n, kind) {
  const head = [
    `From: ${words[n % 50]} ${words[(n % 50) + 50]} <${words[n % 50]}@example.org>`,
    'To: measured@example.org',
    `Subject: ${n % 3 === 0 && n > 0 ? 'Re: ' : ''}${prose(40)}`,
    `Date: Mon, 05 Jan 2026 10:${String(n % 60).padStart(2, '0')}:00 +0000`,
    `Message-ID: <${n}.${word()}@example.org>`,
    ...(n % 3 === 0 && n > 0 ? [`In-Reply-To: <${n - 1}.${word()}@example.org>`] : []),
    'Received: from mx.example.org by store.example.org; Mon, 05 Jan 2026 10:00:00 +0000',
    'MIME-Version: 1.0',
  ];
  if (kind === 'text') return message(head, ['Content-Type: text/plain; charset=utf-8'], prose(4000 + random() * 4000));
  if (kind === 'html') {
    const text = prose(10_000 + random() * 10_000);
    const html = `<html><body>${text.replace(/\r\n/g, '</p>\r\n<p style="margin:0">')}</body></html>`;
    return multipart(head, 'alternative', [
      ['Content-Type: text/plain', text],
      ['Content-Type: text/html', html],
    ]);
  }
  const seed = n % 2 === 0 ? 'the same' : `attachment ${n}`;
  const octets = Buffer.alloc(300_000 + (n % 2 === 0 ? 0 : Math.floor(random() * 700_000)), seed);
  return multipart(head, 'mixed', [
    ['Content-Type: text/plain', prose(2000)],
    [
      'Content-Type: application/pdf; name=file.pdf\r\nContent-Disposition: attachment; filename=file.pdf\r\nContent-Transfer-Encoding: base64',
      octets.toString('base64').replace(/.{76}/g, '$&\r\n'),
    ],
  ]);
}

function message(head, fields, body) {
  return [...head, ...fields, '', body, ''].join('\r\n');
}

function multipart(head, type, parts) {
  const body = parts.map(([fields, octets]) => `--b\r\n${fields}\r\n\r\n${octets}\r\n`).join('');
  return message(head, [`Content-Type: multipart/${type}; boundary=b`], `${body}--b--`);
}

/** Lines of words, the first of the list most often. */
function prose(length) {
  let text = '';
  while (text.length < length) {
    text += words[Math.floor(words.length * random() ** 4)];
    text += text.length - text.lastIndexOf('\n') > 70 ? '\r\n' : ' ';
  }
  return text.trimEnd().replace(/\r\n$/, '');
}

function word() {
  const syllables = ['ba', 'co', 'di', 'fu', 'ge', 'ha', 'jo', 'ki', 'lu', 'me', 'no', 'pa', 'ri', 'so', 'tra', 'ling'];
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => syllables[Math.floor(random() * 16)]).join('');
}

function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
