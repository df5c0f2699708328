/** A process with an IMAP server that tells by messages how much memory it has, after collecting its garbage. */

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const load = (file) => import(pathToFileURL(join(process.argv[2], file)).href);
const { openStore } = await load('open-store.js');
const { createImapServer } = await load('imap/server.js');
const options = JSON.parse(process.argv[3]);

const store = await openStore({ path: ':memory:' });
await store.accounts.create({ name: 'ann', password: 'secret' });
const server = createImapServer(store, { insecureAuth: true, ...options });
const { port } = await server.listen();

process.on('message', async () => {
  // Twice, with time between, for what is freed by finalizers.
  for (let n = 0; n < 2; n++) {
    global.gc();
    await delay(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  process.send({ octets: heapUsed + external, connections: server.connections });
});
process.on('disconnect', () => process.exit(0));
process.send({ port });
