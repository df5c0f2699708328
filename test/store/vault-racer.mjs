/** A process that wants the same small records as others, and prints which it got, as JSON. */

import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, place, owner, name] = process.argv.slice(2);
const { openParts } = await import(pathToFileURL(join(dist, 'open-store.js')).href);

const { engine, blobs } = await openParts(JSON.parse(place));
process.stdout.write('ready\n');
// All begin at once.
await once(process.stdin, 'data');

const won = { taken: [], created: [], updated: [], counts: [] };
for (let n = 0; n < 25; n++) {
  const at = (kind) => ({ owner, kind, key: String(n) });
  const [taken, created, updated, ...counts] = await Promise.all([
    engine.vault.take(at('ticket')),
    engine.vault.create(at('made'), { value: name }),
    engine.vault
      .get(at('versioned'))
      .then(({ version, value }) =>
        value === '' ? engine.vault.update(at('versioned'), version, { value: name }) : false,
      ),
    ...Array.from({ length: 4 }, () => engine.vault.count({ owner, kind: 'sum', key: 'x' }, 1, Date.now() + 1e6)),
  ]);
  if (taken) won.taken.push(n);
  if (created) won.created.push(n);
  if (updated) won.updated.push(n);
  won.counts.push(...counts.map(({ count }) => count));
}
process.stdout.write(JSON.stringify(won));
await engine.close();
await blobs.close();
process.exit();
