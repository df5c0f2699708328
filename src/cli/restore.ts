/** `eider restore`: brings back what was expunged or deleted. */

import type { CommandDef } from 'citty';
import { UidSet } from '../model/uid-set.ts';
import type { MessageStore } from '../store/message-store.ts';
import { parseDate, showTime } from './auth-values.ts';
import { CommandError, command, UsageError } from './command.ts';
import { formatCount, formatOctets } from './octets.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const name = { type: 'positional', description: 'Name, address or id of the account', required: true } as const;
const mailbox = { type: 'positional', description: 'Path, or the id that "list" tells', required: true } as const;
const json = { type: 'boolean', description: 'Print JSON' } as const;

const list = command({
  meta: { name: 'list', description: 'List mailboxes of which something can be brought back' },
  args: { name, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const { id } = await store.accounts.get(args.name);
      const found = await store.recovery.mailboxes(id);
      if (args.json) return printJson(found);
      printTable(
        ['id', 'mailbox', 'deleted', 'messages>', 'octets>'],
        found.map((one) => [
          String(one.mailboxId),
          one.path ?? '',
          one.deleted ? 'yes' : '',
          formatCount(one.messages),
          formatOctets(one.octets),
        ]),
      );
    });
  },
});

const messages = command({
  meta: { name: 'messages', description: 'List what was expunged from a mailbox, in that order' },
  args: { name, mailbox, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const { id } = await store.accounts.get(args.name);
      const mailboxId = await mailboxIdOf(store, id, args.mailbox);
      if (!args.json) process.stdout.write('key\texpunged\tsize\tpreview\n');
      for (let after = 0; ; ) {
        const page = await store.recovery.messages(id, mailboxId, { after, limit: 1_000 });
        for (const one of page) {
          if (args.json) printJson(one);
          else
            process.stdout.write(`${one.key}\t${showTime(one.expunged)}\t${one.size}\t${one.preview.slice(0, 60)}\n`);
        }
        const last = page.at(-1);
        if (!last) return;
        after = last.key;
      }
    });
  },
});

const mail = command({
  meta: { name: 'mailbox', description: 'Bring messages of a mailbox back to it, or the deleted mailbox itself' },
  args: {
    name,
    mailbox,
    keys: { type: 'string', valueHint: 'SET', description: 'Only these, as "messages" tells them: 1,4:9' },
    since: { type: 'string', valueHint: 'DATE', description: 'Only those expunged then or later' },
    before: { type: 'string', valueHint: 'DATE', description: 'Only those expunged before then' },
    to: { type: 'string', valueHint: 'PATH', description: 'Into another mailbox' },
    ...storeArgs,
  },
  async run(args) {
    const filter = {
      ...(args.keys !== undefined && { keys: parseKeys(args.keys) }),
      ...(args.since !== undefined && { from: parseDate('--since', args.since).getTime() }),
      ...(args.before !== undefined && { before: parseDate('--before', args.before).getTime() }),
    };
    await withStore(args, async (store) => {
      const { id } = await store.accounts.get(args.name);
      const mailboxId = await mailboxIdOf(store, id, args.mailbox);
      const { uids, path } = await store.recovery.restore(id, mailboxId, filter, args.to);
      console.log(`${formatCount(uids.size)} messages are back in ${path}`);
    });
  },
});

const accounts = command({
  meta: { name: 'accounts', description: 'List removed accounts that can be brought back' },
  args: { json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const found = [];
      for await (const one of store.recovery.accounts()) found.push(one);
      if (args.json) return printJson(found);
      printTable(
        ['id', 'name', 'removed'],
        found.map(({ account, removed }) => [account.id, account.name, showTime(removed)]),
      );
    });
  },
});

const account = command({
  meta: { name: 'account', description: 'Bring a removed account back' },
  args: { name: { ...name, description: 'Its name, one of its addresses, or its id' }, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const restored = await store.recovery.restoreAccount(args.name);
      console.log(`account ${restored.name} is back`);
    });
  },
});

/** By path, the last of that path, or by id. */
async function mailboxIdOf(store: MessageStore, account: string, text: string): Promise<number> {
  const found = await store.recovery.mailboxes(account);
  const one = found.findLast(({ path, mailboxId }) => path === text || String(mailboxId) === text);
  if (!one) throw new CommandError(`nothing of ${text} can be brought back`);
  return one.mailboxId;
}

function parseKeys(text: string): UidSet {
  try {
    return UidSet.parse(text);
  } catch {
    throw new UsageError('--keys takes numbers and ranges, such as 1,4:9');
  }
}

/** The commands on what can be brought back. */
export const restore: CommandDef = {
  meta: { name: 'restore', description: 'Bring back expunged messages, deleted mailboxes, removed accounts' },
  subCommands: {
    list: async () => list,
    messages: async () => messages,
    mailbox: async () => mail,
    accounts: async () => accounts,
    account: async () => account,
  },
};
