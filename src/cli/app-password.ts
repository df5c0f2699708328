/** `eider app-password`: passwords of programs, taken back one by one. */

import type { CommandDef } from 'citty';
import { SCOPES, type Scope } from '../model/authentication.ts';
import { parseDate, parseList, showTime } from './auth-values.ts';
import { CommandError, command, UsageError } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const name = { type: 'positional', description: 'Name, address or id of the account', required: true } as const;
const json = { type: 'boolean', description: 'Print JSON' } as const;

const add = command({
  meta: { name: 'add', description: 'Make an app password, and print it this once' },
  args: {
    name,
    scope: {
      type: 'string',
      valueHint: 'LIST',
      description: `What it is for, by commas: ${SCOPES.join(', ')}`,
      required: true,
    },
    description: { type: 'string', valueHint: 'TEXT', description: 'What it is called in lists' },
    expires: { type: 'string', valueHint: 'DATE', description: 'When it ends, such as 2030-12-31' },
    network: {
      type: 'string',
      valueHint: 'LIST',
      description: 'From where it is good: addresses or networks, by commas',
    },
    json,
    ...storeArgs,
  },
  async run(args) {
    const scopes = parseList(args.scope).map((scope) => {
      if (!SCOPES.includes(scope as Scope)) throw new UsageError(`--scope is some of ${SCOPES.join(', ')}`);
      return scope as Scope;
    });
    const options = {
      scopes,
      ...(args.description !== undefined && { description: args.description }),
      ...(args.network !== undefined && { networks: parseList(args.network) }),
      ...(args.expires !== undefined && { expires: parseDate('--expires', args.expires) }),
    };
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const made = await store.auth.createAppPassword(account.id, options);
      if (args.json) return printJson({ id: made.id, password: made.password, scopes: made.scopes });
      console.log(`app password ${made.id} of ${account.name}, for ${made.scopes.join(', ')}`);
      console.log(`password: ${made.password}`);
    });
  },
});

const list = command({
  meta: { name: 'list', description: 'List the app passwords of an account, and when they were used' },
  args: { name, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const all = await store.auth.appPasswords(account.id);
      if (args.json) return printJson(all);
      printTable(
        ['id', 'for', 'description', 'made', 'ends', 'last use'],
        all.map(({ id, scopes, description, created, expires, lastUse }) => [
          id,
          scopes.join(','),
          description,
          showTime(created),
          showTime(expires),
          lastUse ? `${showTime(lastUse.time)} ${lastUse.scope} ${lastUse.address}` : 'never',
        ]),
      );
    });
  },
});

const remove = command({
  meta: { name: 'remove', description: 'Take an app password back, and end what was opened with it' },
  args: { name, id: { type: 'positional', description: 'Its id, as "list" tells it', required: true }, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const removed = await store.auth.removeAppPassword(account.id, args.id);
      if (!removed) throw new CommandError(`${account.name} has no app password ${args.id}`);
      console.log(`app password ${args.id} of ${account.name} removed`);
    });
  },
});

/** The commands on app passwords. */
export const appPassword: CommandDef = {
  meta: { name: 'app-password', description: 'Make, list and take back passwords of single programs' },
  subCommands: { add: async () => add, list: async () => list, remove: async () => remove },
};
