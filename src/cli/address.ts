/** `eider address`: addresses and patterns of accounts, and where mail for an address goes. */

import type { CommandDef } from 'citty';
import type { AccountAddress } from '../model/addresses.ts';
import { detailArgs, parseDetails, showDetails } from './address-values.ts';
import { CommandError, command } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const name = { type: 'positional', description: 'Name, address or id of the account', required: true } as const;
const one = {
  type: 'positional',
  description: "Address, or pattern: '*@example.com', 'head*@example.com', '*tail@example.com', 'user@*'",
  required: true,
} as const;
const json = { type: 'boolean', description: 'Print JSON' } as const;

const list = command({
  meta: { name: 'list', description: 'List the addresses of an account, or of all' },
  args: {
    name: { ...name, required: false },
    tag: { type: 'string', valueHint: 'TAG', description: 'Only those with this tag' },
    domain: { type: 'string', valueHint: 'DOMAIN', description: 'Only those of this domain' },
    json,
    ...storeArgs,
  },
  async run(args) {
    const filter = {
      ...(args.tag !== undefined && { tag: args.tag }),
      ...(args.domain !== undefined && { domain: args.domain }),
    };
    await withStore(args, async ({ accounts, addresses }) => {
      const found: (AccountAddress & { readonly account: string })[] = [];
      if (args.name === undefined) for await (const address of addresses.all(filter)) found.push(address);
      else {
        const { id } = await accounts.get(args.name);
        for (const address of await addresses.list(id, filter)) found.push({ account: id, ...address });
      }
      if (args.json) return printJson(found);
      const names = new Map<string, string>();
      for (const { account } of found) {
        if (!names.has(account)) names.set(account, (await accounts.find(account))?.name ?? account);
      }
      printTable(
        ['account', 'address', 'main', 'display name', 'tags', 'metadata'],
        found.map(({ account, address, isMain, ...details }) => [
          names.get(account) as string,
          address,
          isMain ? 'main' : '',
          ...showDetails(details),
        ]),
      );
    });
  },
});

const add = command({
  meta: { name: 'add', description: 'Give an account one more address, or a pattern' },
  args: {
    name,
    address: one,
    main: { type: 'boolean', description: 'Make it the main address' },
    ...detailArgs,
    json,
    ...storeArgs,
  },
  repeat: ['tag'],
  async run(args, given) {
    const options = { ...parseDetails(args, given), main: args.main === true };
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const made = await store.addresses.add(account.id, args.address, options);
      if (args.json) return printJson(made);
      console.log(`${made.address} is ${made.isMain ? 'the main address' : 'an address'} of ${account.name}`);
    });
  },
});

const set = command({
  meta: { name: 'set', description: 'Change what is kept of an address' },
  args: { name, address: one, ...detailArgs, json, ...storeArgs },
  repeat: ['tag'],
  async run(args, given) {
    const options = parseDetails(args, given);
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const changed = await store.addresses.update(account.id, args.address, options);
      if (args.json) return printJson(changed);
      console.log(`${changed.address} of ${account.name} changed`);
    });
  },
});

const main = command({
  meta: { name: 'main', description: 'Make an address of an account its main one' },
  args: { name, address: one, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      await store.addresses.makeMain(account.id, args.address);
      console.log(`${args.address} is the main address of ${account.name}`);
    });
  },
});

const remove = command({
  meta: { name: 'remove', description: 'Take an address away from an account; not the main one' },
  args: { name, address: one, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      if (!(await store.addresses.remove(account.id, args.address))) {
        throw new CommandError(`${account.name} has no address ${args.address}`);
      }
      console.log(`${args.address} of ${account.name} removed`);
    });
  },
});

const resolve = command({
  meta: { name: 'resolve', description: 'Tell where mail for an address goes; ends with 1 when it goes nowhere' },
  args: {
    address: { type: 'positional', description: 'Address, or name of an account', required: true },
    json,
    ...storeArgs,
  },
  async run(args) {
    await withStore(args, async (store) => {
      const route = await store.addresses.resolve(args.address);
      if (!route) throw new CommandError(`mail for ${args.address} goes nowhere`);
      if (args.json) return printJson(route);
      const to = route.type === 'account' ? `account ${route.account.name}` : route.targets.join(', ');
      const detail = route.type === 'account' && route.detail !== null ? `, detail ${route.detail}` : '';
      console.log(`${to}, by ${route.matched}${detail}`);
    });
  },
});

/** The commands on addresses. */
export const address: CommandDef = {
  meta: { name: 'address', description: 'Give accounts addresses and patterns, list them, take them away' },
  subCommands: {
    list: async () => list,
    add: async () => add,
    set: async () => set,
    main: async () => main,
    remove: async () => remove,
    resolve: async () => resolve,
  },
};
