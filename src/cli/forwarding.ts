/** `eider forwarding`: where the mail of an account goes on to. */

import type { CommandDef } from 'citty';
import type { Forwarding } from '../model/forwarding.ts';
import { parseList } from './auth-values.ts';
import { command } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson } from './output.ts';
import { storeArgs } from './store-place.ts';

const name = { type: 'positional', description: 'Name, address or id of the account', required: true } as const;

const show = command({
  meta: { name: 'show', description: 'Print where the mail of an account goes on to' },
  args: { name, json: { type: 'boolean', description: 'Print JSON' }, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const forwarding = await store.forwardings.get(account.id);
      if (args.json) return printJson(forwarding);
      console.log(describe(account.name, forwarding));
    });
  },
});

const set = command({
  meta: { name: 'set', description: 'Let the mail of an account go on to others; what is not given stays as it is' },
  args: {
    name,
    to: { type: 'string', valueHint: 'LIST', description: 'Addresses, by commas' },
    copy: { type: 'boolean', description: 'Keep a copy; --no-copy keeps none' },
    ...storeArgs,
  },
  async run(args) {
    const change: Partial<Forwarding> = {
      ...(args.to !== undefined && { targets: parseList(args.to) }),
      ...(args.copy !== undefined && { keepCopy: args.copy }),
    };
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      console.log(describe(account.name, await store.forwardings.set(account.id, change)));
    });
  },
});

const off = command({
  meta: { name: 'off', description: 'Let the mail of an account stay with it' },
  args: { name, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      await store.forwardings.remove(account.id);
      console.log(describe(account.name, null));
    });
  },
});

/** The commands on forwarding. */
export const forwarding: CommandDef = {
  meta: { name: 'forwarding', description: 'Set, show and switch off where the mail of an account goes on to' },
  subCommands: { show: async () => show, set: async () => set, off: async () => off },
};

function describe(account: string, forwarding: Forwarding | null): string {
  if (!forwarding) return `mail of ${account} stays with it`;
  const { targets, keepCopy } = forwarding;
  return `mail of ${account} goes on to ${targets.join(', ')}; ${keepCopy ? 'a copy' : 'nothing'} is kept`;
}
