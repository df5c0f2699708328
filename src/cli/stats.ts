/** `eider stats`: how much mail there is, and on which tier its octets lie. */

import type { CommandDef } from 'citty';
import type { StoreStats } from '../store/maintenance-api.ts';
import { command } from './command.ts';
import { formatCount, formatOctets } from './octets.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

/** A table by tier, or the numbers as JSON. */
export const stats: CommandDef = command({
  meta: { name: 'stats', description: 'Octets by tier, and what deduplication saves' },
  args: {
    account: { type: 'string', valueHint: 'A', description: 'Only this account' },
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  async run(args) {
    await withStore(args, async (store) => {
      const options = args.account === undefined ? {} : { account: (await store.accounts.get(args.account)).id };
      const found = await store.maintenance.stats(options);
      if (args.json) return printJson(found);
      printStats(found);
    });
  },
});

/** Prints the table. */
export function printStats(found: StoreStats): void {
  const mail = `${formatCount(found.messages)} messages, ${formatOctets(found.mailOctets)} as IMAP counts them`;
  console.log(`${formatCount(found.accounts)} accounts, ${mail}\n`);
  const saved = found.attachmentsEncoded - found.attachmentsStored;
  const ratio = found.attachmentsStored > 0 ? (found.attachmentsEncoded / found.attachmentsStored).toFixed(2) : '-';
  const rows: [string, string, number][] = [
    ['fast', 'text and headers', found.text],
    ['fast', 'metadata', found.metadata],
    ['fast', 'search index', found.search],
    ['fast', 'free', found.free],
    ['cheap', `attachments, stored (${formatCount(found.blobs)})`, found.attachmentsStored],
    ['', 'attachments, as sent', found.attachmentsEncoded],
    ['', 'saved by decoding and deduplication', saved],
  ];
  const total = found.text + found.metadata + found.search + found.free + found.attachmentsStored;
  rows.push(['', 'on the disks together', total]);
  printTable(
    ['tier', 'what', 'octets>', '>'],
    rows.map(([tier, what, octets]) => [tier, what, formatCount(octets), formatOctets(octets)]),
  );
  console.log(`\nratio of attachments as sent to stored: ${ratio}`);
}
