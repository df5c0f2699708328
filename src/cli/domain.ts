/** `eider domain`: aliases of domains, whether dots count in them, and new names. */

import type { CommandDef } from 'citty';
import { CommandError, command, UsageError } from './command.ts';
import { formatCount } from './octets.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const json = { type: 'boolean', description: 'Print JSON' } as const;
const aliasName = { type: 'positional', description: 'The domain that is an alias', required: true } as const;

const aliasAdd = command({
  meta: { name: 'add', description: "Make a domain's addresses those of another one" },
  args: {
    alias: aliasName,
    domain: { type: 'positional', description: 'The domain that has the addresses', required: true },
    ...storeArgs,
  },
  async run(args) {
    await withStore(args, async ({ addresses }) => {
      const { alias, domain } = await addresses.createDomainAlias(args.alias, args.domain);
      console.log(`${alias} is an alias of ${domain}`);
    });
  },
});

const aliasList = command({
  meta: { name: 'list', description: 'List the aliases of a domain, or all' },
  args: { domain: { type: 'positional', description: 'The domain', required: false }, json, ...storeArgs },
  async run(args) {
    await withStore(args, async ({ addresses }) => {
      const all = await addresses.domainAliases(args.domain);
      if (args.json) return printJson(all);
      printTable(
        ['alias', 'domain'],
        all.map(({ alias, domain }) => [alias, domain]),
      );
    });
  },
});

const aliasRemove = command({
  meta: { name: 'remove', description: 'Make a domain no alias any more' },
  args: { alias: aliasName, ...storeArgs },
  async run(args) {
    await withStore(args, async ({ addresses }) => {
      if (!(await addresses.removeDomainAlias(args.alias))) throw new CommandError(`${args.alias} is no alias`);
      console.log(`${args.alias} is no alias any more`);
    });
  },
});

const alias: CommandDef = {
  meta: { name: 'alias', description: 'Domains whose addresses are those of another one' },
  subCommands: { add: async () => aliasAdd, list: async () => aliasList, remove: async () => aliasRemove },
};

const dots = command({
  meta: { name: 'dots', description: 'Tell or say whether dots count in the addresses of a domain' },
  args: {
    domain: { type: 'positional', description: 'The domain', required: true },
    ignore: { type: 'boolean', description: 'They do not: a.b@ and ab@ are one' },
    count: { type: 'boolean', description: 'They do' },
    json,
    ...storeArgs,
  },
  async run(args) {
    if (args.ignore && args.count) throw new UsageError('--ignore and --count exclude each other');
    await withStore(args, async ({ addresses }) => {
      if (args.ignore || args.count) await addresses.ignoreDots(args.domain, args.ignore === true);
      const ignoresDots = await addresses.ignoresDots(args.domain);
      if (args.json) return printJson({ domain: args.domain, ignoresDots });
      console.log(`dots ${ignoresDots ? 'do not count' : 'count'} in ${args.domain}`);
    });
  },
});

const rename = command({
  meta: { name: 'rename', description: 'Give all addresses of a domain another one; names of accounts stay' },
  args: {
    from: { type: 'positional', description: 'The domain', required: true },
    to: { type: 'positional', description: 'What it is to be called', required: true },
    json,
    ...storeArgs,
  },
  async run(args) {
    await withStore(args, async ({ addresses }) => {
      const result = await addresses.renameDomain(args.from, args.to);
      if (args.json) return printJson(result);
      console.log(`${formatCount(result.renamed)} addresses of ${args.from} are of ${args.to} now`);
    });
  },
});

/** The commands on domains. */
export const domain: CommandDef = {
  meta: { name: 'domain', description: 'Make aliases of domains, say whether dots count, rename' },
  subCommands: { alias: async () => alias, dots: async () => dots, rename: async () => rename },
};
