/** Operations that count anew what users use. */

import { z } from 'zod';
import { RECOUNT_USAGE } from '../../store/recount-usage.ts';
import { userField } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';

const group = 'Users';

const recalculateQuota = operation({
  id: 'recalculateQuota',
  method: 'post',
  path: '/users/{user}/quota/reset',
  group,
  summary: 'Count again what a user uses',
  access: { resource: 'users', verb: 'update', any: true },
  params: { user: userField },
  body: {},
  response: z.object({ storageUsed: z.number(), previousStorageUsed: z.number() }),
  async run({ store, user }) {
    const before = await store.quota(user.id);
    for await (const _ of store.maintenance.check({ account: user.id, repair: true }));
    const after = await store.quota(user.id);
    return { storageUsed: after.usage.octets, previousStorageUsed: before.usage.octets };
  },
});

const recalculateAll = operation({
  id: 'recalculateQuotas',
  method: 'post',
  path: '/quota/reset',
  group,
  summary: 'Count again what all users use',
  description: 'A job in the background; one that has not ended yet is not begun again',
  access: { resource: 'users', verb: 'update', any: true },
  body: {},
  response: z.object({ task: z.string().meta({ description: 'ID of the job' }) }),
  async run({ store }) {
    const waiting = (await store.jobs.list(null)).find(({ kind, due }) => kind === RECOUNT_USAGE && due !== null);
    const { id } = waiting ?? (await store.jobs.add(RECOUNT_USAGE, null));
    return { task: id };
  },
});

/** The operations on what users use. */
export const quotaOperations: readonly Operation[] = [recalculateQuota, recalculateAll];
