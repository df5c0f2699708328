/** A process that appends to INBOX now and then, and prints when each message was acknowledged, in milliseconds since 1970. */

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [dist, place, account, count, everyMs] = process.argv.slice(2);
const { openStore } = await import(pathToFileURL(join(dist, 'open-store.js')).href);

const store = await openStore(JSON.parse(place));
for (let n = 0; n < Number(count); n++) {
  // Uneven, so that it does not keep step with whoever looks at intervals.
  await pause(Number(everyMs) * (0.5 + Math.random()));
  await store.append(account, 'INBOX', `Subject: later ${n}\r\n\r\nx\r\n`);
  process.stdout.write(`${Date.now()}\n`);
}
await store.close();
