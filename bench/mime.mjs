// How fast messages are taken apart: node bench/mime.mjs [folder of the compiled sources, default dist]
//
// CPU time of the process, all of splitMessage (octets, blobs, tree, envelope, search text), blobs hashed and dropped.
// Give the numbers of the last rounds: the first ones are of code that is not compiled yet.

import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const folder = pathToFileURL(`${process.argv[2] ?? 'dist'}/`);
const { splitMessage } = await import(new URL('mime/split-message.js', folder));

/** Hashes blobs and keeps nothing. */
const target = {
  create() {
    const hash = createHash('sha256');
    let size = 0;
    return {
      write(chunk) {
        hash.update(chunk);
        size += chunk.length;
      },
      commit: async () => ({ blobId: hash.digest('hex'), size }),
      abort: async () => {},
    };
  },
};

let state = 1;
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const WORDS = Array.from({ length: 5000 }, () => Math.floor(random() * 1e9).toString(36));
const prose = (length) => {
  let text = '';
  let line = '';
  while (text.length < length) {
    line += `${WORDS[Math.floor(WORDS.length * random() ** 3)]} `;
    if (line.length < 66) continue;
    text += `${line.trimEnd()}\r\n`;
    line = '';
  }
  return text;
};
const base64 = (octets) => octets.toString('base64').replace(/.{76}/g, '$&\r\n');
const file = (length) => base64(Buffer.alloc(length).map(() => Math.floor(random() * 256)));
const quoted = (text) =>
  Buffer.from(text)
    .toString('latin1')
    .replace(/[^\r\n\x20-\x3c\x3e-\x7e]/g, (c) => `=${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/.{72}(?=.)(?<!=.?)/g, '$&=\r\n');

const head = (n) => [
  'Return-Path: <alice@example.com>',
  `Received: from relay.example.com (relay.example.com [192.0.2.1])\r\n\tby mx.example.org with ESMTPS id ${n}; Mon, 01 Jan 2024 10:00:00 +0000`,
  `DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=k1;\r\n\tb=${'Ab1+'.repeat(60)}`,
  'From: =?UTF-8?B?SsO2cmcgTcO8bGxlcg==?= <joerg@example.com>',
  'To: Bob <bob@example.org>, team@example.org',
  `Subject: =?UTF-8?Q?Re:_Gr=C3=BC=C3=9Fe_${n}?=`,
  'Date: Mon, 01 Jan 2024 10:00:00 +0000',
  `Message-ID: <${n}@example.com>`,
  `References: <${n - 1}@example.com>`,
  'MIME-Version: 1.0',
];
const lines = (...list) => list.flat().join('\r\n');

const text = (n) => lines(head(n), 'Content-Type: text/plain; charset=us-ascii', '', prose(5000));
const html = (n) =>
  lines(
    head(n),
    'Content-Type: multipart/alternative; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    base64(Buffer.from(`Καλημέρα ${prose(10_000)}`)),
    '--b',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    quoted(
      `<html><p>Olá</p><table>${prose(20_000).replace(/(.+)\r\n/g, '<tr class="r"><td style="padding:4px">$1</td></tr>\r\n')}</table></html>`,
    ),
    '--b--',
    '',
  );
const attached = (n, octets) =>
  lines(
    head(n),
    'Content-Type: multipart/mixed; boundary="b"',
    '',
    '--b',
    '',
    prose(2000),
    '--b',
    'Content-Type: application/pdf; name="report.pdf"',
    'Content-Disposition: attachment; filename="report.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    octets,
    '--b--',
    '',
  );

let searched = 0;

async function measure(name, messages, rounds = 8) {
  const octets = messages.reduce((sum, message) => sum + message.length, 0);
  for (let round = 1; round <= rounds; round++) {
    const before = process.cpuUsage();
    for (const message of messages) {
      const content = await splitMessage(message, target);
      // May be made only when it is asked for.
      searched += content.searchText.body.length;
    }
    const { user, system } = process.cpuUsage(before);
    const ms = (user + system) / 1000;
    if (round % 2 > 0) continue;
    const each = (ms / messages.length).toFixed(3).padStart(8);
    console.log(
      `${name.padEnd(12)} round ${round}: ${each} ms per message, ${(octets / 1000 / ms).toFixed(0).padStart(4)} MB per CPU second`,
    );
  }
}

const list = (count, make) => Array.from({ length: count }, (_, n) => Buffer.from(make(n), 'latin1'));
const smallFile = file(450_000);
const mix = list(200, (n) => (n % 10 < 7 ? text(n) : n % 10 < 9 ? html(n) : attached(n, smallFile)));
await measure('text', list(200, text));
await measure('html', list(60, html));
await measure(
  'attachment',
  list(20, (n) => attached(n, smallFile)),
);
await measure('mix 70/20/10', mix);
await measure(
  '10 MB',
  list(3, (n) => attached(n, file(7_400_000))),
);
console.log(`${searched} characters of search text in all`);
