/** `eider account remove`: forgets an account with all of its mail. */

import { createInterface } from 'node:readline/promises';
import type { CommandDef } from 'citty';
import { CommandError, command, UsageError } from './command.ts';
import { formatCount, formatOctets } from './octets.ts';
import { withStore } from './open-place.ts';
import { storeArgs } from './store-place.ts';

/** Asks on a terminal, and wants `--yes` elsewhere: there is no way back. */
export const accountRemove: CommandDef = command({
  meta: { name: 'remove', description: 'Remove an account and all of its mail, for ever' },
  args: {
    name: { type: 'positional', description: 'Name, address or id', required: true },
    yes: { type: 'boolean', description: 'Do not ask' },
    ...storeArgs,
  },
  async run(args) {
    if (!args.yes && !process.stdin.isTTY) throw new UsageError('removing mail for ever needs --yes');
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const { usage } = await store.quota(account.id);
      const mail = `${formatCount(usage.messages)} messages, ${formatOctets(usage.octets)}`;
      if (!args.yes && (await ask(`Type ${account.name} to remove it with ${mail}: `)) !== account.name) {
        throw new CommandError('nothing was removed');
      }
      await store.accounts.remove(account.id);
      console.log(`account ${account.name} removed (${mail}); "eider gc" frees its attachments`);
    });
  },
});

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
