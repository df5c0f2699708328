/** `eider account`: the directory of accounts. */

import type { CommandDef } from 'citty';

const load: Record<string, () => Promise<CommandDef>> = {
  add: async () => (await import('./account-add.ts')).accountAdd,
  list: async () => (await import('./account-list.ts')).accountList,
  remove: async () => (await import('./account-remove.ts')).accountRemove,
  disable: async () => (await import('./account-status.ts')).accountDisable,
  suspend: async () => (await import('./account-status.ts')).accountSuspend,
  enable: async () => (await import('./account-status.ts')).accountEnable,
  limits: async () => (await import('./account-limits.ts')).accountLimits,
  passwd: async () => (await import('./account-passwd.ts')).accountPasswd,
};

/** The commands on accounts. */
export const account: CommandDef = {
  meta: {
    name: 'account',
    description: 'Add, list and remove accounts, change passwords and limits, switch accounts off and on',
  },
  subCommands: load,
};
