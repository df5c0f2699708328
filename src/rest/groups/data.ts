/** Operations on whole accounts as a file. */

import { z } from 'zod';
import { isEiderError } from '../../errors.ts';
import type { AccountId } from '../../model/ids.ts';
import type { ImportedAccount } from '../../model/portable.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { downloadResponse } from '../download.ts';
import { type Call, type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';
import { bodyChunks } from '../read-body.ts';

const group = 'Export';
const CONTENT_TYPE = 'application/octet-stream';
const SECRET_HEADER = 'x-transfer-secret';
const MIN_SECRET_OCTETS = 32;
/** Most octets of a file that comes in: 1 TB. */
const MAX_IMPORT_OCTETS = 1024 * 1024 * 1024 * 1024;
/** Accounts of which an answer tells why they failed. */
const MAX_REASONS = 100;

const exportData = operation({
  id: 'createExport',
  method: 'post',
  path: '/data/export',
  group,
  summary: 'Load users with their mail as a file',
  description:
    'Everything of the users, mail too; all users, where neither IDs nor tags are given. Sealed secrets stay sealed, under what the header X-Transfer-Secret says where there is one',
  access: { resource: 'export', verb: 'create' },
  body: {
    users: z.array(z.string().min(1).max(64)).max(10_000).optional().meta({ description: 'IDs of users' }),
    tags: z.array(z.string().min(1).max(128)).max(100).optional().meta({ description: 'Users with one of these tags' }),
  },
  endless: true,
  response: { contentType: CONTENT_TYPE, description: 'The file' },
  errors: ['UserNotFound', 'Unsupported'],
  async run(call) {
    const { store, input, request, signal } = call;
    const transferSecret = secretOf(request);
    const users = [...new Set(input.users ?? [])];
    for (const user of users) {
      if ((await store.accounts.find(user))?.id !== user) throw new ApiError('UserNotFound', `no user ${user}`);
    }
    const octets = store.portable.export({
      accounts: chosen(call, users, input.tags ?? []),
      signal,
      ...(transferSecret && { transferSecret }),
    });
    const day = new Date(call.context.now()).toISOString().slice(0, 10);
    return downloadResponse(octets, { contentType: CONTENT_TYPE, fileName: `export-${day}.eider` });
  },
});

const importData = operation({
  id: 'createImport',
  method: 'post',
  path: '/data/import',
  group,
  summary: 'Bring in users of a file',
  description:
    'The body is what an export has given. A user comes in whole or not at all; one whose ID is there is left as it is',
  access: { resource: 'import', verb: 'create' },
  rawBody: ['*/*'],
  bodyLimit: () => MAX_IMPORT_OCTETS,
  endless: true,
  response: z.object({
    entries: z.number().meta({ description: 'Users in the file' }),
    imported: z.number(),
    failed: z.number(),
    existing: z.number().meta({ description: 'Users that were there, and are as they were' }),
    messages: z.number().meta({ description: 'Messages that came in' }),
    octets: z.number(),
    reasons: z
      .array(z.object({ id: z.string(), username: z.string(), error: z.string() }))
      .meta({ description: 'Why users failed; the first 100' }),
  }),
  errors: ['PayloadTooLarge', 'StorageFull', 'Unsupported', 'Timeout'],
  async run({ store, request, signal, info, context }) {
    info.letBodyTakeTime?.();
    const transferSecret = secretOf(request);
    const answer = { entries: 0, imported: 0, failed: 0, existing: 0, messages: 0, octets: 0 };
    const reasons: { id: string; username: string; error: string }[] = [];
    const chunks = withoutSilence(bodyChunks(request, MAX_IMPORT_OCTETS), context.limits.importIdleMs);
    try {
      for await (const one of store.portable.import(chunks, { signal, ...(transferSecret && { transferSecret }) })) {
        answer.entries++;
        answer[one.outcome]++;
        answer.messages += one.messages;
        answer.octets += one.octets;
        if (one.outcome === 'failed' && reasons.length < MAX_REASONS) reasons.push(reasonOf(one));
      }
    } catch (error) {
      if (!isEiderError(error, 'EXPORT_INVALID', 'INVALID_ARGUMENT')) throw error;
      const users = answer.imported === 1 ? '1 user before that is' : `${answer.imported} users before that are`;
      throw new ApiError('InputValidationError', `${error.message}; ${users} there`);
    }
    return { ...answer, reasons };
  },
});

function reasonOf({ id, name, reason }: ImportedAccount): { id: string; username: string; error: string } {
  return { id, username: name, error: reason ?? '' };
}

/** The users that are asked for; whoever has lost the right to ask gets no more of them. */
async function* chosen(
  { store, stillGranted }: Pick<Call<unknown>, 'store' | 'stillGranted'>,
  users: readonly AccountId[],
  tags: readonly string[],
): AsyncGenerator<AccountId> {
  const given = async (id: AccountId): Promise<AccountId> => {
    if (!(await stillGranted())) throw new ApiError('InvalidToken', 'the token holds no more');
    return id;
  };
  const told = new Set(users);
  for (const id of told) yield await given(id);
  // Only where not all that are wanted are named, all have to be looked at.
  if (users.length > 0 && tags.length === 0) return;
  const isAll = tags.length === 0;
  for await (const { id } of store.accounts.list()) {
    if (!told.has(id) && (isAll || (await hasTag(store, id, tags)))) yield await given(id);
  }
}

async function hasTag(store: MessageStore, id: AccountId, tags: readonly string[]): Promise<boolean> {
  if (tags.length === 0) return false;
  const own = new Set((await store.profiles.get(id)).tags.map((tag) => tag.toLowerCase()));
  return tags.some((tag) => own.has(tag.toLowerCase()));
}

/** @throws {@link ApiError} `InputValidationError`. */
function secretOf(request: Request): Uint8Array | null {
  const text = request.headers.get(SECRET_HEADER);
  if (text === null) return null;
  const secret = Buffer.from(text, 'latin1');
  if (secret.length >= MIN_SECRET_OCTETS) return secret;
  throw new ApiError('InputValidationError', `X-Transfer-Secret has at least ${MIN_SECRET_OCTETS} octets`);
}

/** What comes, as long as it comes. @throws {@link ApiError} `Timeout`. */
async function* withoutSilence(chunks: AsyncGenerator<Uint8Array>, idleMs: number): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new ApiError('Timeout', 'nothing more came of the body')), idleMs);
      });
      const { done, value } = await Promise.race([chunks.next(), silence]).finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    // Whoever waits for more of it in vain is not waited for.
    void chunks.return(undefined).catch(() => {});
  }
}

/** The operations on whole accounts. */
export const dataOperations: readonly Operation[] = [exportData, importData];
