/** `eider jobs`: work in the background. */

import type { CommandDef } from 'citty';
import { showTime } from './auth-values.ts';
import { CommandError, command } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const list = command({
  meta: { name: 'list', description: 'List jobs, how far they are, and why they failed' },
  args: {
    account: { type: 'string', valueHint: 'NAME', description: 'Those of one account' },
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  async run(args) {
    await withStore(args, async (store) => {
      const account = args.account === undefined ? undefined : (await store.accounts.get(args.account)).id;
      const all = await store.jobs.list(account);
      if (args.json) return printJson(all);
      printTable(
        ['id', 'kind', 'state', 'done>', 'of>', 'due', 'error'],
        all.map((job) => [
          job.id,
          job.kind,
          job.state,
          String(job.done),
          job.total === null ? '' : String(job.total),
          job.due === null ? '' : showTime(job.due),
          job.error ?? '',
        ]),
      );
    });
  },
});

const run = command({
  meta: { name: 'run', description: 'Do what is due now, in this process' },
  args: { ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      console.log(`jobs done: ${await store.jobs.runDue()}`);
    });
  },
});

const cancel = command({
  meta: { name: 'cancel', description: 'Let a job end at its next point' },
  args: { id: { type: 'positional', description: 'Its id, as "list" tells it', required: true }, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      if (!(await store.jobs.cancel(args.id))) throw new CommandError(`there is no job ${args.id} to cancel`);
      console.log(`job ${args.id} cancelled`);
    });
  },
});

/** The commands on jobs. */
export const jobs: CommandDef = {
  meta: { name: 'jobs', description: 'List, run and cancel work in the background' },
  subCommands: { list: async () => list, run: async () => run, cancel: async () => cancel },
};
