/** Work that comes again and again: what has had its time goes. */

import type { AccountRecord } from '../engine/engine.ts';
import { isEiderError } from '../errors.ts';
import type { AccountId } from '../model/ids.ts';
import type { JobKind } from '../model/job.ts';
import type { StoreContext } from './context.ts';
import { hasHold } from './legal-holds.ts';
import type { Maintenance } from './maintenance-api.ts';
import { forgetRemoved, isAbsent } from './removed-accounts.ts';
import { applyRetention } from './retention.ts';

const HOUR_MS = 3_600_000;
const PAGE = 50;

/** Every hour: retention of mailboxes, then what can no longer be brought back, account by account. */
export function retentionJob(context: StoreContext): JobKind {
  const { directory } = context.engine;
  return {
    kind: 'retention',
    everyMs: HOUR_MS,
    async run(job) {
      let after = (job.state as AccountId | null) ?? undefined;
      let done = 0;
      let failure: unknown = null;
      for (;;) {
        const page = await directory.list({ ...(after !== undefined && { after }), limit: PAGE });
        for (const record of page) {
          // What is wrong with one account is told at the end: the others get their turn.
          await applyTo(context, record).catch((error: unknown) => {
            failure ??= error;
          });
          after = record.id;
          await job.progress(++done, null, after);
        }
        if (page.length === 0) break;
      }
      await forgetRemoved(
        context.engine,
        Date.now() - context.restorableMs,
        (account) => hasHold(context, account),
        (user) => context.tell?.({ ev: 'user.delete.completed', user }),
      );
      if (failure !== null) throw failure;
    },
  };
}

async function applyTo(context: StoreContext, record: AccountRecord): Promise<void> {
  if (isAbsent(record)) return;
  try {
    await applyRetention(context, record.id, Date.now());
  } catch (error) {
    // It has been removed meanwhile.
    if (!isEiderError(error, 'ACCOUNT_NOT_FOUND')) throw error;
  }
}

/** Every day: blobs that no account mentions, old changes, small records whose time is over. */
export function sweepJob(maintenance: Maintenance): JobKind {
  return {
    kind: 'sweep',
    everyMs: 24 * HOUR_MS,
    async run(job) {
      await maintenance.sweep({ signal: job.signal });
    },
  };
}
