/** `eider demo`: a whole mail server with sample mail on this machine, until Ctrl-C. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CommandDef } from 'citty';
import type { Account } from '../model/account.ts';
import type { MessageStore } from '../store/message-store.ts';
import { command } from './command.ts';
import { formatCount, parsePort } from './octets.ts';
import { openPlace } from './open-place.ts';
import { randomPassword } from './password-options.ts';
import { sampleMail } from './sample-mail.ts';
import { type ServedPorts, startServers, untilSignal } from './servers.ts';
import { printStats } from './stats.ts';
import { storeArgs, storePlace } from './store-place.ts';

const NAME = 'demo';
const ADDRESS = 'demo@example.com';
const HOST = '127.0.0.1';
const DAY_MS = 86_400_000;

/** Without `--data` and `--mongodb` the store lies in a temporary folder and goes with the demo. */
export const demo: CommandDef = command({
  meta: { name: 'demo', description: 'Serve sample mail on this machine, to try it out' },
  args: {
    imap: { type: 'string', default: '0', valueHint: 'PORT', description: 'IMAP port; 0 for a free one' },
    lmtp: { type: 'string', default: '0', valueHint: 'PORT', description: 'LMTP port; 0 for a free one' },
    http: { type: 'string', default: '0', valueHint: 'PORT', description: 'Port of the REST API; 0 for a free one' },
    ...storeArgs,
  },
  async run(args) {
    const ports = { imap: parsePort(args.imap), lmtp: parsePort(args.lmtp), http: parsePort(args.http) };
    const stopped = untilSignal();
    const isNamed = args.data !== undefined || args.mongodb !== undefined;
    const temporary = isNamed ? null : await mkdtemp(path.join(tmpdir(), 'eider-demo-'));
    try {
      const place = temporary === null ? storePlace(args) : storePlace({ data: path.join(temporary, 'data') }, {});
      const store = await openPlace(place, true);
      try {
        await show(store, ports, stopped, temporary !== null);
      } finally {
        await store.close();
      }
    } finally {
      if (temporary) await rm(temporary, { recursive: true, force: true });
    }
  },
});

async function show(
  store: MessageStore,
  ports: { readonly imap: number; readonly lmtp: number; readonly http: number },
  stopped: Promise<void>,
  isTemporary: boolean,
): Promise<void> {
  const password = randomPassword();
  const account = await demoAccount(store, password);
  const imported = await addSampleMail(store, account);
  const options = { tls: null, insecureAuth: true, proxyProtocol: null, rateLimits: true, metrics: false };
  const servers = await startServers(store, { host: HOST, ports, ...options });
  try {
    console.log(
      imported > 0
        ? `${formatCount(imported)} sample messages are in the store.\n`
        : 'The store has its mail from before.\n',
    );
    printStats(await store.maintenance.stats());
    const { token } = await store.auth.createToken({
      role: 'account',
      account: account.id,
      description: 'demo',
      expires: new Date(Date.now() + DAY_MS),
    });
    console.log(howToConnect(servers.ports, password, token));
    console.log(`Ctrl-C stops it${isTemporary ? ' and removes the mail' : ''}.`);
    await stopped;
    console.log('stopping');
  } finally {
    await servers.close();
  }
}

async function demoAccount(store: MessageStore, password: string): Promise<Account> {
  const there = await store.accounts.find(NAME);
  if (!there) return store.accounts.create({ name: NAME, address: ADDRESS, password });
  await store.accounts.setPassword(there.id, password);
  return there;
}

/** Into an account without mail only. Resolves with how many messages were added. */
async function addSampleMail(store: MessageStore, account: Account): Promise<number> {
  if ((await store.quota(account.id)).usage.messages > 0) return 0;
  const samples = sampleMail(ADDRESS, new Date());
  for (const { mailbox, flags, date, octets } of samples) {
    await store.append(account.id, mailbox, octets, { flags, internalDate: date });
  }
  return samples.length;
}

function howToConnect(ports: ServedPorts, password: string, token: string): string {
  const url = `imap://${HOST}:${ports.imap}`;
  return `
IMAP  ${HOST}:${ports.imap}   LMTP  ${HOST}:${ports.lmtp}   account ${NAME}   password ${password}

List the mailboxes, search one, read a message:
  curl -u '${NAME}:${password}' '${url}/'
  curl -u '${NAME}:${password}' '${url}/INBOX?SUBJECT%20eider'
  curl -u '${NAME}:${password}' '${url}/INBOX;UID=1'
Browse with mutt:
  mutt -e 'set ssl_starttls=no ssl_force_tls=no' -f 'imap://${NAME}:${password}@${HOST}:${ports.imap}/INBOX'
Deliver a message, and see it arrive:
  swaks --protocol LMTP --server ${HOST}:${ports.lmtp} --to ${ADDRESS} --header 'Subject: hello'
Ask the API, whose operations stand at http://${HOST}:${ports.http}/docs:
  curl -H 'Authorization: Bearer ${token}' 'http://${HOST}:${ports.http}/users/me/mailboxes/inbox/messages?limit=3'
Any mail program works: no encryption, password in the clear (this listens on loopback only).
`;
}
