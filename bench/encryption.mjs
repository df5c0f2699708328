// What encrypting a message costs: node bench/encryption.mjs [folder of the compiled sources, default dist]
//
// CPU time of the process for each message, from the delivered octets to the encrypted message, armor included. The first
// rounds are thrown away: they are of code that is not compiled yet.

import { execFileSync } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import * as openpgp from 'openpgp';

const folder = pathToFileURL(`${process.argv[2] ?? 'dist'}/`);
const { encryptMessage } = await import(new URL('crypto/encrypt-message.js', folder));
const { readKey } = await import(new URL('crypto/read-key.js', folder));

const userIDs = [{ name: 'Ann', email: 'ann@example.org' }];
const date = new Date(Date.now() - 60_000);
const pgp = async (options) => (await openpgp.generateKey({ userIDs, date, ...options })).publicKey;
const smime = (...newKey) => {
  const how = ['req', '-x509', '-nodes', '-days', '30', '-subj', '/CN=Ann', '-keyout', '/dev/null'];
  return new X509Certificate(execFileSync('openssl', [...how, ...newKey], { stdio: ['ignore', 'pipe', 'ignore'] })).raw;
};

const KEYS = [
  ['OpenPGP 4, x25519', await pgp({})],
  ['OpenPGP 4, RSA 3072', await pgp({ type: 'rsa', rsaBits: 3072 })],
  ['OpenPGP 6, GCM', await pgp({ type: 'curve25519', config: { v6Keys: true, aeadProtect: true } })],
  ['S/MIME, RSA 2048', smime('-newkey', 'rsa:2048')],
];
const SIZES = [
  [50_000, 200],
  [10_000_000, 5],
];

async function* inChunks(octets) {
  for (let at = 0; at < octets.length; at += 65_536) yield octets.subarray(at, at + 65_536);
}

/** Milliseconds of CPU for each message. */
async function measure(state, raw, count) {
  const before = process.cpuUsage();
  for (let round = 0; round < count; round++) for await (const _ of encryptMessage(state, inChunks(raw), Date.now()));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / count;
}

console.log('| key | 50 KB | 10 MB |\n| --- | --: | --: |');
for (const [name, key] of KEYS) {
  const state = { enabled: true, subject: 'clear', damaged: false, keys: [await readKey(key, Date.now())] };
  const cells = [];
  for (const [size, count] of SIZES) {
    const raw = Buffer.concat([Buffer.from('From: bob@example.org\r\n\r\n'), randomBytes(size)]);
    const rounds = [];
    for (let round = 0; round < 5; round++) rounds.push(await measure(state, raw, count));
    cells.push(
      rounds
        .slice(2)
        .sort((a, b) => a - b)[1]
        .toFixed(1),
    );
  }
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
