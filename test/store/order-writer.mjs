/** A process that changes one account of a store at random and prints what was acknowledged, one JSON value a line. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeAtRandom } from './write-at-random.mjs';

const [dist, place, account, count, ...seeds] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(dist, file)).href);
const { openStore } = await load('open-store.js');

const store = await openStore(JSON.parse(place));
const { UidSet } = await load('model/uid-set.js');
const tell = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);
await Promise.all(
  seeds.map((seed) => writeAtRandom(store, account, { seed: Number(seed), count: Number(count), UidSet }, tell)),
);
await store.close();
