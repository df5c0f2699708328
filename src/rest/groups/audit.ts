/** Operations on audits: times of which no mail of a user is lost, and all of it can be loaded. */

import { z } from 'zod';
import { mboxOctets } from '../../mime/mbox-octets.ts';
import type { AccountId } from '../../model/ids.ts';
import type { LegalHold } from '../../model/recovery.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { downloadResponse } from '../download.ts';
import { doneResponse, idField, madeResponse, timeField } from '../fields.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const group = 'Audit';
const forAudit = { audit: idField('ID of the audit') };
const errors = ['AuditNotFoundError'];

const createAudit = operation({
  id: 'createAudit',
  method: 'post',
  path: '/audit',
  group,
  summary: 'Begin an audit',
  description: 'From now on no mail of that time is lost, whatever the user does',
  access: { resource: 'audit', verb: 'create' },
  body: {
    user: z.string().min(1).max(64).meta({ description: 'ID of the user' }),
    start: timeField('Mail that came then or later; else all of before').optional(),
    end: timeField('Mail that came before that; else all that will come').optional(),
    expires: timeField('When it ends'),
    notes: z.string().max(1000).optional(),
    tags: z.array(z.string().max(128)).max(100).optional().meta({ description: 'Taken for compatibility' }),
    meta: z.unknown().optional().meta({ description: 'Taken for compatibility' }),
  },
  response: madeResponse,
  errors: ['UserNotFound', 'LimitExceeded'],
  async run({ store, input, context }) {
    const account = await store.accounts.get(input.user);
    if (account.id !== input.user) throw new ApiError('UserNotFound', 'this user does not exist');
    const expires = Date.parse(input.expires);
    if (expires <= context.now()) {
      throw new ApiError('InputValidationError', '"expires": lies in the past', {
        details: { expires: 'lies in the past' },
      });
    }
    const { id } = await store.recovery.addHold(account.id, {
      from: input.start === undefined ? null : Date.parse(input.start),
      before: input.end === undefined ? null : Date.parse(input.end),
      expires,
      note: input.notes ?? '',
    });
    return { id };
  },
});

const getAudit = operation({
  id: 'getAudit',
  method: 'get',
  path: '/audit/{audit}',
  group,
  summary: 'Tell of an audit',
  access: { resource: 'audit', verb: 'read' },
  params: forAudit,
  response: z.object({
    id: z.string(),
    user: z.string(),
    start: z.string().nullable(),
    end: z.string().nullable(),
    expires: z.string().nullable(),
    notes: z.string(),
    created: z.string(),
  }),
  errors,
  async run({ store, input }) {
    const { account, hold } = await requireAudit(store, input.audit);
    const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
    return {
      id: hold.id,
      user: account,
      start: iso(hold.from),
      end: iso(hold.before),
      expires: iso(hold.expires),
      notes: hold.note,
      created: new Date(hold.created).toISOString(),
    };
  },
});

const exportAudit = operation({
  id: 'getAuditEmails',
  method: 'get',
  path: '/audit/{audit}/export.mbox',
  group,
  summary: 'Load all mail of an audit',
  access: { resource: 'audit', verb: 'read' },
  params: forAudit,
  endless: true,
  response: { contentType: 'application/mbox', description: 'All messages, of those that were removed too' },
  errors,
  async run({ store, input }) {
    const { account, hold } = await requireAudit(store, input.audit);
    const octets = async function* (): AsyncGenerator<Buffer> {
      for await (const message of store.recovery.held(account, hold.id)) yield* mboxOctets(message);
    };
    return downloadResponse(octets(), { contentType: 'application/mbox', fileName: `audit-${hold.id}.mbox` });
  },
});

const deleteAudit = operation({
  id: 'deleteAudit',
  method: 'delete',
  path: '/audit/{audit}',
  group,
  summary: 'End an audit',
  access: { resource: 'audit', verb: 'delete' },
  params: forAudit,
  response: doneResponse,
  errors,
  async run({ store, input }) {
    const { account, hold } = await requireAudit(store, input.audit);
    await store.recovery.removeHold(account, hold.id);
    return {};
  },
});

async function requireAudit(store: MessageStore, id: string): Promise<{ account: AccountId; hold: LegalHold }> {
  const found = await store.recovery.findHold(id);
  if (!found) throw new ApiError('AuditNotFoundError', 'this audit does not exist');
  return found;
}

/** The operations on audits. */
export const auditOperations: readonly Operation[] = [createAudit, getAudit, exportAudit, deleteAudit];
