/** `eider account passwd`: changes a password. */

import type { CommandDef } from 'citty';
import { command } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson } from './output.ts';
import { choosePassword, passwordArgs } from './password-options.ts';
import { storeArgs } from './store-place.ts';

/** Prints the password when it was made here. */
export const accountPasswd: CommandDef = command({
  meta: { name: 'passwd', description: 'Change a password; a random one is made and printed when none is given' },
  args: {
    name: { type: 'positional', description: 'Name, address or id', required: true },
    ...passwordArgs,
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const { password, isNew } = await choosePassword(args);
      await store.accounts.setPassword(account.id, password);
      if (args.json) return printJson({ id: account.id, name: account.name, ...(isNew ? { password } : {}) });
      console.log(`password of ${account.name} changed`);
      if (isNew) console.log(`password: ${password}`);
    });
  },
});
