/** `eider second-factor keys`: security keys and passkeys of an account. They are registered in a browser. */

import type { CommandDef } from 'citty';
import { showTime } from './auth-values.ts';
import { CommandError, command } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const name = { type: 'positional', description: 'Name, address or id of the account', required: true } as const;
const id = { type: 'positional', description: 'Its id, as "list" tells it', required: true } as const;

const list = command({
  meta: { name: 'list', description: 'List the security keys and passkeys of an account, and when they were used' },
  args: { name, json: { type: 'boolean', description: 'Print JSON' }, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const all = await store.auth.securityKeys(account.id);
      if (args.json) return printJson(all);
      printTable(
        ['id', 'kind', 'name', 'made', 'last use'],
        all.map((key) => [
          key.id,
          key.passkey ? 'passkey' : key.kind,
          key.name,
          showTime(key.created),
          key.lastUse ? `${showTime(key.lastUse.time)} ${key.lastUse.scope} ${key.lastUse.address}` : 'never',
        ]),
      );
    });
  },
});

const rename = command({
  meta: { name: 'rename', description: 'Call a key something else' },
  args: {
    name,
    id,
    to: { type: 'positional', description: 'What it is called from now on', required: true },
    ...storeArgs,
  },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      if (!(await store.auth.renameSecurityKey(account.id, args.id, args.to))) throw noKey(account.name, args.id);
      console.log(`key ${args.id} of ${account.name} is called ${args.to}`);
    });
  },
});

const remove = command({
  meta: { name: 'remove', description: 'Take a key back, and end what was opened with it as a passkey' },
  args: { name, id, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      if (!(await store.auth.removeSecurityKey(account.id, args.id))) throw noKey(account.name, args.id);
      const { secondFactors } = await store.auth.status(account.id);
      const isOn = secondFactors.some((method) => method !== 'recoveryCode');
      console.log(`key ${args.id} of ${account.name} removed${isOn ? '' : '; the password alone is enough now'}`);
    });
  },
});

function noKey(account: string, key: string): CommandError {
  return new CommandError(`${account} has no security key ${key}`);
}

/** The commands on security keys. */
export const secondFactorKeys: CommandDef = {
  meta: { name: 'keys', description: 'Security keys and passkeys, which are registered in a browser' },
  subCommands: { list: async () => list, rename: async () => rename, remove: async () => remove },
};
