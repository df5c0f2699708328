/** `eider forward-address`: addresses that no account has, and whose mail goes on. */

import type { CommandDef } from 'citty';
import type { ForwardingAddress } from '../model/addresses.ts';
import { detailArgs, parseDetails, showDetails } from './address-values.ts';
import { CommandError, command, type GivenArguments, UsageError } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const one = { type: 'positional', description: "Address, or pattern such as '*@example.com'", required: true } as const;
const json = { type: 'boolean', description: 'Print JSON' } as const;
const limit = {
  type: 'string',
  valueHint: 'N',
  description: "Messages a day that go on, each target counted; 'default' for the store's",
} as const;
const target = { type: 'string', valueHint: 'A', description: 'Where mail goes on to; may be repeated' } as const;

const add = command({
  meta: { name: 'add', description: 'Make an address whose mail goes on' },
  args: { address: one, to: target, 'per-day': limit, ...detailArgs, json, ...storeArgs },
  repeat: ['to', 'tag'],
  async run(args, given) {
    const targets = given.all('to');
    if (targets.length === 0) throw new UsageError('--to names where mail goes on to');
    const options = { ...parseDetails(args, given), ...parseLimit(args['per-day']), targets };
    await withStore(args, async ({ addresses }) => {
      const made = await addresses.createForwardingAddress(args.address, options);
      if (args.json) return printJson(made);
      console.log(`${made.address} forwards to ${made.targets.join(', ')}`);
    });
  },
});

const list = command({
  meta: { name: 'list', description: 'List the addresses whose mail goes on' },
  args: {
    domain: { type: 'positional', description: 'Only those of this domain', required: false },
    tag: { type: 'string', valueHint: 'TAG', description: 'Only those with this tag' },
    json,
    ...storeArgs,
  },
  async run(args) {
    const filter = {
      ...(args.tag !== undefined && { tag: args.tag }),
      ...(args.domain !== undefined && { domain: args.domain }),
    };
    await withStore(args, async ({ addresses }) => {
      const found: ForwardingAddress[] = [];
      for await (const forwarding of addresses.forwardingAddresses(filter)) found.push(forwarding);
      if (args.json) return printJson(found);
      printForwardings(found);
    });
  },
});

const show = command({
  meta: { name: 'show', description: 'Tell where one goes on to' },
  args: { address: one, json, ...storeArgs },
  async run(args) {
    await withStore(args, async ({ addresses }) => {
      const found = await addresses.forwardingAddress(args.address);
      if (!found) throw new CommandError(`${args.address} forwards nothing`);
      if (args.json) return printJson(found);
      printForwardings([found]);
    });
  },
});

const set = command({
  meta: { name: 'set', description: 'Change what is given' },
  args: { address: one, to: target, 'per-day': limit, ...detailArgs, json, ...storeArgs },
  repeat: ['to', 'tag'],
  async run(args, given) {
    const options = { ...parseDetails(args, given), ...parseLimit(args['per-day']), ...parseTargets(given) };
    await withStore(args, async ({ addresses }) => {
      const changed = await addresses.updateForwardingAddress(args.address, options);
      if (args.json) return printJson(changed);
      console.log(`${changed.address} forwards to ${changed.targets.join(', ')}`);
    });
  },
});

const remove = command({
  meta: { name: 'remove', description: 'Take one away' },
  args: { address: one, ...storeArgs },
  async run(args) {
    await withStore(args, async ({ addresses }) => {
      const removed = await addresses.removeForwardingAddress(args.address);
      if (!removed) throw new CommandError(`${args.address} forwards nothing`);
      console.log(`${args.address} removed`);
    });
  },
});

function parseTargets(given: GivenArguments): { targets?: readonly string[] } {
  const targets = given.all('to');
  return targets.length > 0 ? { targets } : {};
}

function parseLimit(text: string | undefined): { forwardsPerDay?: number | null } {
  if (text === undefined) return {};
  if (text === 'default') return { forwardsPerDay: null };
  if (/^\d{1,10}$/.test(text)) return { forwardsPerDay: Number(text) };
  throw new UsageError("--per-day takes a number, or 'default'");
}

function printForwardings(found: readonly ForwardingAddress[]): void {
  printTable(
    ['address', 'to', 'per day>', 'display name', 'tags', 'metadata'],
    found.map(({ address, targets, forwardsPerDay, ...details }) => [
      address,
      targets.join(', '),
      forwardsPerDay === null ? 'default' : String(forwardsPerDay),
      ...showDetails(details),
    ]),
  );
}

/** The commands on addresses that only forward. */
export const forwardAddress: CommandDef = {
  meta: { name: 'forward-address', description: 'Make, list, change and remove addresses whose mail goes on' },
  subCommands: {
    add: async () => add,
    list: async () => list,
    show: async () => show,
    set: async () => set,
    remove: async () => remove,
  },
};
