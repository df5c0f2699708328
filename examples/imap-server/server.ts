/** A mail server in twenty lines: LMTP takes mail in, IMAP shows it. Run it with a folder: `node server.js ./mail`. */

import { openStore } from 'eider';
import { createImapServer } from 'eider/imap';
import { createLmtpServer } from 'eider/lmtp';

const store = await openStore({ path: process.argv[2] ?? './mail' });
if (!(await store.accounts.find('ann'))) {
  await store.accounts.create({ name: 'ann', address: 'ann@example.org', password: 'correct horse' });
}

// On loopback only, so passwords may go without TLS.
const imap = createImapServer(store, {
  host: '127.0.0.1',
  port: Number(process.env.IMAP_PORT ?? 1143),
  insecureAuth: true,
});
const lmtp = createLmtpServer(store, { host: '127.0.0.1', port: Number(process.env.LMTP_PORT ?? 2424) });
console.log(`IMAP on port ${(await imap.listen()).port}, LMTP on port ${(await lmtp.listen()).port}`);

process.once('SIGINT', async () => {
  await Promise.all([imap.close(), lmtp.close()]);
  await store.close();
});
