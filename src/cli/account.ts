/** `eider account`: the directory of accounts. */

import type { CommandDef } from 'citty';

const load: Record<string, () => Promise<CommandDef>> = {
  add: async () => (await import('./account-add.ts')).accountAdd,
  list: async () => (await import('./account-list.ts')).accountList,
  remove: async () => (await import('./account-remove.ts')).accountRemove,
  passwd: async () => (await import('./account-passwd.ts')).accountPasswd,
};

/** The commands on accounts. */
export const account: CommandDef = {
  meta: { name: 'account', description: 'Add, list and remove accounts, change passwords' },
  subCommands: load,
};
