/** A process that raises counters, one after the other, as failing logins do. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, path, count] = process.argv.slice(2);
const { openParts } = await import(pathToFileURL(join(dist, 'open-store.js')).href);

const { engine, blobs } = await openParts({ path });
const raise = (n) =>
  engine.vault.count({ owner: `somebody ${n % 50}`, kind: 'failures', key: 'x' }, 1, Date.now() + 1e6);
await raise(0);
process.stdout.write('begin\n');
for (let n = 0; n < Number(count); n++) await raise(n);
process.stdout.write('end\n');
await engine.close();
await blobs.close();
