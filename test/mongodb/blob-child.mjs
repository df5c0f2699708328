/** A process that writes blobs: `node blob-child.mjs DIST URI DATABASE write|stream`. */

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { MongoClient } from 'mongodb';

const [dist, uri, database, what] = process.argv.slice(2);
const { MongoBlobStore } = await import(pathToFileURL(`${dist}/mongodb/mongo-blob-store.js`).href);
const client = new MongoClient(uri);
const store = new MongoBlobStore({ db: client.db(database), onClose: () => client.close() });

async function put(pieces) {
  const writer = store.create();
  for (const piece of pieces) await writer.write(piece);
  return (await writer.commit()).blobId;
}

async function writeAtRandom() {
  for (;;) {
    const octets = randomBytes(Math.floor(Math.random() ** 2 * 3_000_000));
    console.log(await put([octets]));
    if (Math.random() < 0.2) await store.delete(createHash('sha256').update(octets.subarray(1)).digest('hex'));
  }
}

const PIECE = randomBytes(1_000_003);

function* pieces(size) {
  for (let at = 0; at < size; at += PIECE.length) {
    PIECE.writeUInt32LE(at);
    yield PIECE.subarray(0, Math.min(PIECE.length, size - at));
  }
}

async function digest(blobId) {
  const hash = createHash('sha256');
  for await (const octets of store.read(blobId)) hash.update(octets);
  return hash.digest('hex');
}

function memory(field) {
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'latin1'))[1]) * 1024;
}

async function growth(work) {
  writeFileSync('/proc/self/clear_refs', '5');
  const before = memory('VmRSS');
  await work();
  return memory('VmHWM') - before;
}

async function stream() {
  const size = 200 * 1024 * 1024;
  // What the driver and the engine of JavaScript take once is not what is measured.
  await digest(await put(pieces(8 * 1024 * 1024)));
  let blobId;
  const written = await growth(async () => {
    blobId = await put(pieces(size));
  });
  let found;
  const read = await growth(async () => {
    found = await digest(blobId);
  });
  if (found !== blobId) throw new Error('other octets came back');
  console.log(JSON.stringify({ written, read }));
  await store.close();
}

await (what === 'stream' ? stream() : writeAtRandom());
