/** `eider check`: recounts, follows every reference, re-reads every octet when asked to, and mends. */

import type { CommandDef } from 'citty';
import type { StoreFinding } from '../store/maintenance-api.ts';
import { CommandError, command } from './command.ts';
import { formatCount } from './octets.ts';
import { withStore } from './open-place.ts';
import { printJson } from './output.ts';
import { storeArgs } from './store-place.ts';
import { untilStopped } from './until-stopped.ts';

/** Ends with 1 when anything is left that was not mended. */
export const check: CommandDef = command({
  meta: { name: 'check', description: 'Verify the store; with --repair mend what can be mended' },
  args: {
    repair: { type: 'boolean', description: 'Mend counters, references and the search index' },
    rehash: { type: 'boolean', description: 'Read all octets and compare their digests' },
    account: { type: 'string', valueHint: 'A', description: 'Only this account' },
    json: { type: 'boolean', description: 'Print a line of JSON for each finding' },
    ...storeArgs,
  },
  async run(args) {
    await withStore(args, (store) =>
      untilStopped(async (signal) => {
        const account = args.account === undefined ? {} : { account: (await store.accounts.get(args.account)).id };
        const options = { ...account, repair: args.repair === true, rehash: args.rehash === true, signal };
        let found = 0;
        let left = 0;
        for await (const finding of store.maintenance.check(options)) {
          const repaired = options.repair && finding.repairable;
          found++;
          if (!repaired) left++;
          tell(finding, repaired, args.json === true);
        }
        if (left > 0) throw new CommandError(`${formatCount(left)} of ${formatCount(found)} findings are not repaired`);
        if (!args.json) console.log(found === 0 ? 'no findings' : `all ${formatCount(found)} findings are repaired`);
      }),
    );
  },
});

function tell(finding: StoreFinding, repaired: boolean, json: boolean): void {
  const state = repaired ? 'repaired' : finding.repairable ? 'repairable' : 'lost';
  if (json) printJson({ ...finding, repaired });
  else console.log(`${finding.account ?? 'store'}: ${finding.kind} (${state}): ${finding.detail}`);
}
