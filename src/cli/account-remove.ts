/** `eider account remove`: takes an account out of sight, or forgets it with all of its mail. */

import { createInterface } from 'node:readline/promises';
import type { CommandDef } from 'citty';
import { CommandError, command, UsageError } from './command.ts';
import { formatCount, formatOctets } from './octets.ts';
import { withStore } from './open-place.ts';
import { storeArgs } from './store-place.ts';

/** Asks on a terminal, and wants `--yes` elsewhere. */
export const accountRemove: CommandDef = command({
  meta: { name: 'remove', description: 'Remove an account; "restore account" brings it back for a while' },
  args: {
    name: { type: 'positional', description: 'Name, address or id', required: true },
    yes: { type: 'boolean', description: 'Do not ask' },
    'for-good': { type: 'boolean', description: 'Forget it and all of its mail now' },
    ...storeArgs,
  },
  async run(args) {
    if (!args.yes && !process.stdin.isTTY) throw new UsageError('removing an account needs --yes');
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const { usage } = await store.quota(account.id);
      const mail = `${formatCount(usage.messages)} messages, ${formatOctets(usage.octets)}`;
      if (!args.yes && (await ask(`Type ${account.name} to remove it with ${mail}: `)) !== account.name) {
        throw new CommandError('nothing was removed');
      }
      const forGood = args['for-good'] === true;
      await store.accounts.remove(account.id, { forGood });
      const next = forGood ? '"eider gc" frees its attachments' : '"eider restore account" brings it back';
      console.log(`account ${account.name} removed (${mail}); ${next}`);
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
