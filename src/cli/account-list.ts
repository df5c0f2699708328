/** `eider account list`: who is here, and what they use. */

import type { CommandDef } from 'citty';
import { command } from './command.ts';
import { formatCount, formatOctets } from './octets.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

/** One line for each account; with `--json` one line of JSON for each. */
export const accountList: CommandDef = command({
  meta: { name: 'list', description: 'List the accounts and what they use' },
  args: { json: { type: 'boolean', description: 'Print a line of JSON for each account' }, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const rows: string[][] = [];
      for await (const account of store.accounts.list()) {
        const { limits, usage } = await store.quota(account.id);
        if (args.json) {
          const { id, name, addresses, copies, created } = account;
          printJson({ id, name, addresses, copies, created: new Date(created).toISOString(), limits, usage });
          continue;
        }
        const quota = limits.octets === null ? 'no limit' : formatOctets(limits.octets);
        rows.push([
          account.name,
          formatCount(usage.messages),
          formatOctets(usage.octets),
          quota,
          account.addresses.join(', '),
        ]);
      }
      if (!args.json) printTable(['account', 'messages>', 'octets>', 'quota>', 'addresses'], rows);
    });
  },
});
