/** `eider gc`: removes attachments that no message mentions any more, and records that are old. */

import type { CommandDef } from 'citty';
import { command } from './command.ts';
import { formatCount, formatOctets, parseSpan } from './octets.ts';
import { withStore } from './open-place.ts';
import { printJson } from './output.ts';
import { storeArgs } from './store-place.ts';
import { untilStopped } from './until-stopped.ts';

/** Safe while servers run: what is younger than the grace period stays. */
export const gc: CommandDef = command({
  meta: { name: 'gc', description: 'Remove attachments that no message mentions, and old records' },
  args: {
    'dry-run': { type: 'boolean', description: 'Only count' },
    grace: {
      type: 'string',
      valueHint: '1h',
      description: 'Leave what is younger than this; a message on its way in mentions its attachments last',
    },
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  async run(args) {
    const grace = args.grace === undefined ? {} : { graceMs: parseSpan(args.grace) };
    const dryRun = args['dry-run'] === true;
    const swept = await withStore(args, (store) =>
      untilStopped((signal) => store.maintenance.sweep({ ...grace, dryRun, signal })),
    );
    if (args.json) return printJson({ ...swept, dryRun });
    const changes = swept.changes > 0 ? `; ${formatCount(swept.changes)} records of changes` : '';
    const expired = swept.expired > 0 ? `; ${formatCount(swept.expired)} small records that have expired` : '';
    const what = `${formatCount(swept.blobs)} attachments, ${formatOctets(swept.octets)}${changes}${expired}`;
    console.log(dryRun ? `would remove ${what}` : `removed ${what}`);
  },
});
