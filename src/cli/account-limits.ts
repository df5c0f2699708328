/** `eider account limits`: what an account may use at most. */

import type { CommandDef } from 'citty';
import { FURTHER_LIMITS } from '../model/account-limits.ts';
import { command, UsageError } from './command.ts';
import { parseOctets } from './octets.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const NAMES: readonly string[] = ['octets', 'messages', ...FURTHER_LIMITS];

/** Shows them, or changes some. */
export const accountLimits: CommandDef = command({
  meta: { name: 'limits', description: 'Show or change what an account may use at most' },
  args: {
    name: { type: 'positional', description: 'Name, address or id', required: true },
    set: {
      type: 'string',
      valueHint: 'LIST',
      description: `By commas, such as octets=1GB,filters=10,messages=none; of ${NAMES.join(', ')}`,
    },
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  async run(args) {
    const change = args.set === undefined ? null : parseLimits(args.set);
    await withStore(args, async (store) => {
      const { id } = await store.accounts.get(args.name);
      if (change) await store.accounts.update(id, { limits: change });
      const { limits } = await store.accounts.get(id);
      if (args.json) return printJson(limits);
      printTable(
        ['limit', 'value>'],
        NAMES.map((name) => [name, String(limits[name as keyof typeof limits] ?? 'none')]),
      );
    });
  },
});

function parseLimits(text: string): Record<string, number | null> {
  const change: Record<string, number | null> = {};
  for (const one of text.split(',')) {
    const [name = '', value = ''] = one.split('=').map((part) => part.trim());
    if (!NAMES.includes(name)) throw new UsageError(`--set takes limits on ${NAMES.join(', ')}`);
    change[name] =
      value === 'none' ? null : name.toLowerCase().includes('octets') ? parseOctets(value) : parseCount(value);
  }
  return change;
}

function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`not a number: ${text}`);
  return Number(text);
}
