/** `eider hold`: times of which nothing of an account may be lost. */

import { open, rename, rm } from 'node:fs/promises';
import type { CommandDef } from 'citty';
import { parseDate, showTime } from './auth-values.ts';
import { CommandError, command } from './command.ts';
import { MboxWriter } from './mbox-writer.ts';
import { formatCount } from './octets.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const name = { type: 'positional', description: 'Name, address or id of the account', required: true } as const;
const id = { type: 'positional', description: 'Its id, as "list" tells it', required: true } as const;
const json = { type: 'boolean', description: 'Print JSON' } as const;

const add = command({
  meta: { name: 'add', description: 'From now on, lose nothing of a time' },
  args: {
    name,
    since: { type: 'string', valueHint: 'DATE', description: 'Messages that came then or later; else all' },
    before: { type: 'string', valueHint: 'DATE', description: 'Messages that came before then; else all to come' },
    expires: { type: 'string', valueHint: 'DATE', description: 'When it ends by itself' },
    note: { type: 'string', valueHint: 'TEXT', description: 'What it is for' },
    json,
    ...storeArgs,
  },
  async run(args) {
    const time = (option: '--since' | '--before' | '--expires', text: string | undefined): number | null =>
      text === undefined ? null : parseDate(option, text).getTime();
    const options = {
      from: time('--since', args.since),
      before: time('--before', args.before),
      expires: time('--expires', args.expires),
      note: args.note ?? '',
    };
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const hold = await store.recovery.addHold(account.id, options);
      if (args.json) return printJson(hold);
      console.log(`hold ${hold.id} on ${account.name}`);
    });
  },
});

const list = command({
  meta: { name: 'list', description: 'List the holds on an account' },
  args: { name, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const holds = await store.recovery.holds(account.id);
      if (args.json) return printJson(holds);
      printTable(
        ['id', 'since', 'before', 'ends', 'note'],
        holds.map((hold) => [
          hold.id,
          hold.from === null ? 'ever' : showTime(hold.from),
          showTime(hold.before),
          showTime(hold.expires),
          hold.note,
        ]),
      );
    });
  },
});

const remove = command({
  meta: { name: 'remove', description: 'End a hold' },
  args: { name, id, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      if (!(await store.recovery.removeHold(account.id, args.id))) {
        throw new CommandError(`there is no hold ${args.id} on ${account.name}`);
      }
      console.log(`hold ${args.id} on ${account.name} ended`);
    });
  },
});

const exportHold = command({
  meta: { name: 'export', description: 'Write the messages of a hold to an mbox file' },
  args: { name, id, file: { type: 'positional', description: 'The file to make', required: true }, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const temporary = `${args.file}.part`;
      const writer = new MboxWriter(await open(temporary, 'w', 0o600));
      try {
        for await (const message of store.recovery.held(account.id, args.id)) await writer.add(message);
        await writer.close();
        await rename(temporary, args.file);
      } catch (error) {
        await writer.abandon();
        await rm(temporary, { force: true });
        throw error;
      }
      console.log(`exported ${formatCount(writer.messages)} messages to ${args.file}`);
    });
  },
});

/** The commands on legal holds. */
export const hold: CommandDef = {
  meta: { name: 'hold', description: 'Legal holds: times of which nothing of an account may be lost' },
  subCommands: {
    add: async () => add,
    list: async () => list,
    remove: async () => remove,
    export: async () => exportHold,
  },
};
