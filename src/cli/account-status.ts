/** `eider account disable`, `suspend`, `enable`: whether an account can be used. */

import type { CommandDef } from 'citty';
import { command } from './command.ts';
import { withStore } from './open-place.ts';
import { storeArgs } from './store-place.ts';

/** Nobody logs in. */
export const accountDisable: CommandDef = change(
  'disable',
  'Let nobody log in to an account any more, and end what is open',
  { disabled: true },
  'is disabled',
);

/** Nobody logs in, for a while. */
export const accountSuspend: CommandDef = change(
  'suspend',
  'Let nobody log in to an account for a while; its mail still arrives',
  { suspended: true },
  'is suspended',
);

/** All as usual. */
export const accountEnable: CommandDef = change(
  'enable',
  'Let an account be used again',
  { disabled: false, suspended: false },
  'can be used',
);

function change(
  name: string,
  description: string,
  status: { readonly disabled?: boolean; readonly suspended?: boolean },
  done: string,
): CommandDef {
  return command({
    meta: { name, description },
    args: { name: { type: 'positional', description: 'Name, address or id', required: true }, ...storeArgs },
    async run(args) {
      await withStore(args, async (store) => {
        const account = await store.accounts.get(args.name);
        await store.auth.setStatus(account.id, status);
        console.log(`account ${account.name} ${done}`);
      });
    },
  });
}
