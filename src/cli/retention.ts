/** `eider retention`: how long messages stay in mailboxes. */

import type { CommandDef } from 'citty';
import { command, UsageError } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

/** Shows it, or sets that of one mailbox. */
export const retention: CommandDef = command({
  meta: { name: 'retention', description: 'How long messages stay in mailboxes before they are expunged' },
  args: {
    name: { type: 'positional', description: 'Name, address or id of the account', required: true },
    mailbox: { type: 'positional', description: 'The mailbox to set it of', required: false },
    days: { type: 'string', valueHint: 'N', description: 'So many days; or never, or default' },
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  async run(args) {
    if ((args.mailbox === undefined) !== (args.days === undefined))
      throw new UsageError('MAILBOX and --days go together');
    const days = args.days === undefined ? undefined : parseDays(args.days);
    await withStore(args, async (store) => {
      const { id } = await store.accounts.get(args.name);
      if (args.mailbox !== undefined) await store.recovery.setRetention(id, args.mailbox, days);
      const all = await store.recovery.retention(id);
      if (args.json) return printJson(all);
      printTable(
        ['mailbox', 'days>', ''],
        all.map(({ path, days: kept, isDefault }) => [path, String(kept ?? 'for ever'), isDefault ? '' : 'chosen']),
      );
    });
  },
});

function parseDays(text: string): number | null | undefined {
  if (text === 'never') return null;
  if (text === 'default') return undefined;
  const days = Number(text);
  if (!Number.isInteger(days)) throw new UsageError('--days takes a number, never or default');
  return days;
}
