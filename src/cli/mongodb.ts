/** `eider mongodb`: what only a store on MongoDB needs. */

import type { CommandDef } from 'citty';

const load: Record<string, () => Promise<CommandDef>> = {
  init: async () => (await import('./mongodb-init.ts')).mongodbInit,
};

/** The commands on clusters. */
export const mongodb: CommandDef = {
  meta: { name: 'mongodb', description: 'Prepare MongoDB databases for a store' },
  subCommands: load,
};
