/** `eider token`: what programs show instead of a name and a password. */

import type { CommandDef } from 'citty';
import { TOKEN_ROLES } from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';
import { parseDate, showTime } from './auth-values.ts';
import { CommandError, command, UsageError } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const account = {
  type: 'string',
  valueHint: 'NAME',
  description: "Whose, of role account; all others are nobody's",
} as const;
const json = { type: 'boolean', description: 'Print JSON' } as const;

const create = command({
  meta: { name: 'create', description: 'Make a token, and print it this once' },
  args: {
    role: {
      type: 'string',
      valueHint: 'ROLE',
      description: `root: everything; account: what the account may; or ${TOKEN_ROLES.slice(2).join(', ')}`,
      required: true,
    },
    account,
    description: { type: 'string', valueHint: 'TEXT', description: 'What it is called in lists' },
    expires: { type: 'string', valueHint: 'DATE', description: 'When it ends, such as 2030-12-31' },
    json,
    ...storeArgs,
  },
  async run(args) {
    const role = TOKEN_ROLES.find((name) => name === args.role);
    if (!role) throw new UsageError(`--role is one of ${TOKEN_ROLES.join(', ')}`);
    if ((role === 'account') !== (args.account !== undefined))
      throw new UsageError('--account goes with --role account');
    const common = {
      ...(args.description !== undefined && { description: args.description }),
      ...(args.expires !== undefined && { expires: parseDate('--expires', args.expires) }),
    };
    await withStore(args, async (store) => {
      const owner = args.account === undefined ? null : (await store.accounts.get(args.account)).id;
      const made = await store.auth.createToken(
        role === 'account' ? { role, account: owner as AccountId, ...common } : { role, ...common },
      );
      if (args.json) return printJson({ id: made.id, token: made.token, role: made.role });
      console.log(`token: ${made.token}`);
    });
  },
});

const list = command({
  meta: { name: 'list', description: 'List the tokens of no account, or of one' },
  args: { account, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const owner = args.account === undefined ? null : (await store.accounts.get(args.account)).id;
      const all = await store.auth.tokens(owner);
      if (args.json) return printJson(all);
      printTable(
        ['id', 'role', 'description', 'made', 'ends'],
        all.map((one) => [one.id, one.role, one.description, showTime(one.created), showTime(one.expires)]),
      );
    });
  },
});

const remove = command({
  meta: { name: 'remove', description: 'Take a token back' },
  args: {
    id: { type: 'positional', description: 'Its id, as "list" tells it', required: true },
    account,
    ...storeArgs,
  },
  async run(args) {
    await withStore(args, async (store) => {
      const owner = args.account === undefined ? null : (await store.accounts.get(args.account)).id;
      if (!(await store.auth.removeToken(owner, args.id))) throw new CommandError(`there is no token ${args.id}`);
      console.log(`token ${args.id} removed`);
    });
  },
});

/** The commands on tokens. */
export const token: CommandDef = {
  meta: { name: 'token', description: 'Make, list and take back tokens of programs' },
  subCommands: { create: async () => create, list: async () => list, remove: async () => remove },
};
