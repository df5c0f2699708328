/** `eider log`: who has tried to log in. */

import type { CommandDef } from 'citty';
import { showTime } from './auth-values.ts';
import { command, UsageError } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

/** The latest first; what is alike within an hour is one line. */
export const log: CommandDef = command({
  meta: {
    name: 'log',
    description: "List the logins of an account; without one, those of names that are no account's",
  },
  args: {
    name: { type: 'positional', description: 'Name, address or id of the account', required: false },
    limit: { type: 'string', valueHint: 'N', description: 'Most lines, up to 1,000', default: '50' },
    json: { type: 'boolean', description: 'Print a line of JSON for each' },
    ...storeArgs,
  },
  async run(args) {
    const limit = Number(args.limit);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new UsageError('--limit is from 1 to 1000');
    await withStore(args, async (store) => {
      const account = args.name === undefined ? null : (await store.accounts.get(args.name)).id;
      const records = await store.auth.log(account, { limit });
      if (args.json) {
        for (const record of records) printJson({ ...record, time: new Date(record.time).toISOString() });
        return;
      }
      printTable(
        ['time', 'outcome', 'times>', 'for', 'address', 'by', 'client'],
        records.map(({ time, outcome, count, scope, address, credential, client }) => [
          showTime(time),
          outcome,
          String(count),
          scope,
          address,
          credential ? [credential.kind, credential.id].filter((part) => part !== null).join(' ') : '',
          client ?? '',
        ]),
      );
    });
  },
});
