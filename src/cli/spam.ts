/** `eider spam`: what is junk for an account. */

import type { CommandDef } from 'citty';
import { normalizeSender } from '../delivery/spam-settings.ts';
import type { SpamSettings } from '../model/spam.ts';
import { parseList } from './auth-values.ts';
import { command, UsageError } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson } from './output.ts';
import { storeArgs } from './store-place.ts';

const SENDERS = 'addresses and domains, by commas';

/** Tells the settings, after changing what is given. */
export const spam: CommandDef = command({
  meta: { name: 'spam', description: 'Show or change what is junk for an account' },
  args: {
    name: { type: 'positional', description: 'Name, address or id of the account', required: true },
    level: { type: 'string', valueHint: 'N', description: '0 makes all mail junk, 50 what others call spam, 100 none' },
    allow: { type: 'string', valueHint: 'LIST', description: `Senders that are never junk: ${SENDERS}` },
    block: { type: 'string', valueHint: 'LIST', description: `Senders that always are: ${SENDERS}` },
    forget: { type: 'string', valueHint: 'LIST', description: 'Senders that are taken off both lists' },
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  async run(args) {
    const level = args.level === undefined ? undefined : Number(args.level);
    if (level !== undefined && (args.level?.trim() === '' || !(level >= 0 && level <= 100))) {
      throw new UsageError('--level takes a number 0 to 100');
    }
    const [allow, block, forget] = [args.allow, args.block, args.forget].map((list) =>
      parseList(list ?? '').map(normalizeSender),
    ) as [string[], string[], string[]];
    const isBoth = allow.find((sender) => block.includes(sender));
    if (isBoth !== undefined) throw new UsageError(`${isBoth} cannot be allowed and blocked`);
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const before = await store.spam.settings(account.id);
      const patch = {
        ...(level !== undefined && { level }),
        ...(allow.length + block.length + forget.length > 0 && {
          allow: changed(before.allow, allow, [...block, ...forget]),
          block: changed(before.block, block, [...allow, ...forget]),
        }),
      };
      const settings = Object.keys(patch).length > 0 ? await store.spam.configure(account.id, patch) : before;
      if (args.json) return printJson(settings);
      printSettings(settings);
    });
  },
});

function changed(list: readonly string[], added: readonly string[], gone: readonly string[]): string[] {
  return [...new Set([...list, ...added])].filter((sender) => !gone.includes(sender));
}

function printSettings({ level, allow, block }: SpamSettings): void {
  console.log(`level: ${level}`);
  console.log(`allowed: ${allow.join(', ') || 'nobody'}`);
  console.log(`blocked: ${block.join(', ') || 'nobody'}`);
}
