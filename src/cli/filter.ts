/** `eider filter`: what an account wants to be done with its mail. */

import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import type { CommandDef } from 'citty';
import { missingMailboxes } from '../delivery/filter-placement.ts';
import type { FilterActions, FilterDryRun, FilterOptions, FilterPatch } from '../model/filter.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { MessageStore } from '../store/message-store.ts';
import { showTime } from './auth-values.ts';
import { CommandError, command, UsageError } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const name = { type: 'positional', description: 'Name, address or id of the account', required: true } as const;
const id = { type: 'positional', description: 'Id of the filter, as "list" tells it', required: true } as const;
const file = { type: 'string', valueHint: 'FILE', description: 'The filter as JSON, "-" for standard input' } as const;
const mailbox = { type: 'string', valueHint: 'PATH', description: 'Mailbox with the mail; INBOX' } as const;
const json = { type: 'boolean', description: 'Print JSON' } as const;

const list = command({
  meta: { name: 'list', description: 'List the filters of an account in their order' },
  args: { name, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const filters = await store.filters.list(account.id);
      if (args.json) return printJson(filters);
      const mailboxes = await store.mailboxes(account.id);
      const missing = new Set(missingMailboxes(filters, mailboxes).map(({ filter }) => filter));
      printTable(
        ['id', 'name', 'state', 'does', 'made'],
        filters.map((filter) => [
          filter.id,
          filter.name,
          missing.has(filter.id) ? 'mailbox gone' : filter.enabled ? 'on' : 'off',
          Object.keys(filter.actions).join(','),
          showTime(filter.created),
        ]),
      );
    });
  },
});

const show = command({
  meta: { name: 'show', description: 'Print a filter as JSON that "add" takes' },
  args: { name, id, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const filter = await store.filters.get(account.id, args.id);
      if (!filter) throw noFilter(account.name, args.id);
      const { id: _, created: __, ...options } = filter;
      const actions = withPaths(filter.actions, await store.mailboxes(account.id));
      console.log(JSON.stringify({ ...options, actions }, null, 2));
    });
  },
});

const add = command({
  meta: { name: 'add', description: 'Add a filter behind all others, and print its id' },
  args: { name, file: { ...file, required: true }, json, ...storeArgs },
  async run(args) {
    const options = (await readJsonFile(args.file)) as FilterOptions;
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const filter = await store.filters.create(account.id, options);
      if (args.json) return printJson(filter);
      console.log(`filter ${filter.id} of ${account.name} added`);
    });
  },
});

const update = command({
  meta: { name: 'update', description: 'Change a filter: what the JSON lacks stays, an action that is null goes' },
  args: {
    name,
    id,
    file,
    enable: { type: 'boolean', description: 'Switch it on; --no-enable off' },
    first: { type: 'boolean', description: 'Put it before all others' },
    ...storeArgs,
  },
  async run(args) {
    if (args.file === undefined && args.enable === undefined && !args.first) {
      throw new UsageError('nothing to change: give --file, --enable, --no-enable or --first');
    }
    const given = args.file === undefined ? {} : ((await readJsonFile(args.file)) as FilterPatch);
    const patch = args.enable === undefined ? given : { ...given, enabled: args.enable };
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      if (!(await store.filters.update(account.id, args.id, patch))) throw noFilter(account.name, args.id);
      if (args.first) await putFirst(store, account.id, args.id);
      console.log(`filter ${args.id} of ${account.name} changed`);
    });
  },
});

const remove = command({
  meta: { name: 'remove', description: 'Remove a filter' },
  args: { name, id, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      if (!(await store.filters.remove(account.id, args.id))) throw noFilter(account.name, args.id);
      console.log(`filter ${args.id} of ${account.name} removed`);
    });
  },
});

const test = command({
  meta: { name: 'test', description: 'Tell which messages a filter matches; nothing is changed' },
  args: {
    name,
    id: { ...id, required: false },
    file,
    mailbox,
    limit: { type: 'string', valueHint: 'N', description: 'How many of the newest messages are looked at; 1000' },
    json,
    ...storeArgs,
  },
  async run(args) {
    if ((args.id === undefined) === (args.file === undefined)) {
      throw new UsageError('give either the id of a filter or one as --file');
    }
    const limit = args.limit === undefined ? undefined : Number(args.limit);
    if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
      throw new UsageError('--limit takes a number of messages');
    }
    const filter = args.file === undefined ? args.id : ((await readJsonFile(args.file)) as FilterOptions);
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const found = await store.filters.dryRun(account.id, filter as string | FilterOptions, {
        ...(args.mailbox !== undefined && { mailbox: args.mailbox }),
        ...(limit !== undefined && { limit }),
      });
      if (args.json) return printJson(found);
      printFound(found, await store.mailboxes(account.id));
    });
  },
});

const apply = command({
  meta: { name: 'apply', description: 'Do to the mail of a mailbox what a filter says; may be repeated' },
  args: { name, id, mailbox, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      if (!(await store.filters.get(account.id, args.id))) throw noFilter(account.name, args.id);
      const options = args.mailbox === undefined ? {} : { mailbox: args.mailbox };
      const result = await store.filters.apply(account.id, args.id, options);
      if (args.json) return printJson(result);
      console.log(`${result.examined} messages looked at, ${result.matched} matched`);
    });
  },
});

/** The commands on filters. */
export const filter: CommandDef = {
  meta: { name: 'filter', description: 'Add, change, try and apply filters of an account' },
  subCommands: {
    list: async () => list,
    show: async () => show,
    add: async () => add,
    update: async () => update,
    remove: async () => remove,
    test: async () => test,
    apply: async () => apply,
  },
};

async function readJsonFile(path: string): Promise<unknown> {
  const text = path === '-' ? await readAll(process.stdin) : await readFile(path, 'utf8').catch(unreadable(path));
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const where = path === '-' ? 'standard input' : path;
    throw new CommandError(`${where} is no JSON: ${(error as Error).message}`, { cause: error });
  }
}

function unreadable(path: string): (error: unknown) => never {
  return (error) => {
    throw new CommandError(`${path} cannot be read`, { cause: error });
  };
}

async function putFirst(store: MessageStore, account: AccountId, first: string): Promise<void> {
  const others = (await store.filters.list(account)).map((one) => one.id).filter((one) => one !== first);
  await store.filters.reorder(account, [first, ...others]);
}

/** Paths mean the same in another account; a mailbox that is gone has none. */
function withPaths(actions: FilterActions, mailboxes: readonly Mailbox[]): FilterActions<string | MailboxId> {
  const pathOf = (one: MailboxId): string | MailboxId => mailboxes.find((other) => other.id === one)?.path ?? one;
  return {
    ...actions,
    ...(actions.mailbox !== undefined && { mailbox: pathOf(actions.mailbox) }),
    ...(actions.labels !== undefined && { labels: actions.labels.map(pathOf) }),
  } as FilterActions<string | MailboxId>;
}

function printFound({ examined, more, matches, actions, missing }: FilterDryRun, mailboxes: readonly Mailbox[]): void {
  printTable(
    ['uid>', 'came', 'from', 'subject'],
    matches.map(({ uid, internalDate, from, subject }) => [
      `${uid}`,
      showTime(internalDate),
      plain(from),
      plain(subject),
    ]),
  );
  console.log(`\n${matches.length} of ${examined} messages match${more ? '; older ones were not looked at' : ''}`);
  console.log(`each would get ${JSON.stringify(withPaths(actions, mailboxes))}`);
  if (missing.length > 0) console.log(`mailboxes of the filter that are gone: ${missing.join(', ')}`);
}

/** Text of a message in a table: what moves the cursor of a terminal stays out. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, ' ');
}

function noFilter(account: string, given: string): CommandError {
  return new CommandError(`${account} has no filter ${given}`);
}
