/** Counts again what all accounts use, in the background. */

import { EiderError, isEiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { JobKind } from '../model/job.ts';
import type { StoreContext } from './context.ts';
import type { Maintenance } from './maintenance-api.ts';
import { isAbsent } from './removed-accounts.ts';

/** The kind of the job. */
export const RECOUNT_USAGE = 'recountUsage';
const PAGE = 50;
/** Of the accounts that could not be counted, those that are named. */
const MAX_NAMED = 10;

/** Where to go on. */
interface Progress {
  readonly after: AccountId | null;
  readonly done: number;
  readonly failed: number;
  /** The first of those that failed. */
  readonly names: readonly AccountId[];
}

/** Account by account; one that cannot be counted is told at the end, and the others get their turn. */
export function recountJob({ engine }: Pick<StoreContext, 'engine'>, maintenance: Pick<Maintenance, 'check'>): JobKind {
  return {
    kind: RECOUNT_USAGE,
    everyMs: null,
    async run(job) {
      let progress = (job.state as Progress | null) ?? { after: null, done: 0, failed: 0, names: [] };
      for (;;) {
        const { after } = progress;
        const page = await engine.directory.list({ ...(after !== null && { after }), limit: PAGE });
        for (const record of page) {
          const isCounted = isAbsent(record) || (await recount(maintenance, record.id, job.signal));
          progress = {
            after: record.id,
            done: progress.done + 1,
            failed: progress.failed + (isCounted ? 0 : 1),
            names: isCounted ? progress.names : [...progress.names, record.id].slice(0, MAX_NAMED),
          };
          await job.progress(progress.done, null, progress);
        }
        if (page.length === 0) break;
      }
      const { failed, names } = progress;
      if (failed > 0) throw new EiderError('UNAVAILABLE', `${failed} accounts were not counted: ${names.join(', ')}`);
    },
  };
}

/** Whether it was done, or there is nothing to do any more. @throws `ABORTED`. */
async function recount(
  maintenance: Pick<Maintenance, 'check'>,
  account: AccountId,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    for await (const _ of maintenance.check({ account, repair: true })) signal.throwIfAborted();
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    // It has been removed meanwhile.
    return isEiderError(error, 'ACCOUNT_NOT_FOUND');
  }
}
