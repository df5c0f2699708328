/** Operations that look for messages in all mailboxes, and change what is found. */

import { z } from 'zod';
import type { Account } from '../../model/account.ts';
import type { MailboxId, Uid } from '../../model/ids.ts';
import type { Mailbox } from '../../model/mailbox.ts';
import type { SearchQuery } from '../../model/search-query.ts';
import { UidSet } from '../../model/uid-set.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { limitField, type OptionalText, pageFields, pageResponse, timeField, userField } from '../fields.ts';
import { changeFields, changeMessages } from '../messages/change-messages.ts';
import { readListed } from '../messages/listed-messages.ts';
import { listedMessage } from '../messages/message-view.ts';
import { isSearchKey, searchMailboxes } from '../messages/search-mailboxes.ts';
import {
  join,
  MAX_QUERY,
  type MessageSearch,
  parseSearch,
  sizeCondition,
  stateCondition,
} from '../messages/search-query.ts';
import { highlight } from '../messages/snippets.ts';
import { readThreadFields, threadFields } from '../messages/thread-fields.ts';
import { parseMailboxId } from '../object-ids.ts';
import { type Operation, operation } from '../operation.ts';
import { pageFieldsOf, placeOf } from '../paging.ts';

const group = 'Messages';
const part = (what: string): OptionalText => z.string().max(255).optional().meta({ description: what });

const searchFields = {
  q: z.string().max(MAX_QUERY).optional().meta({
    description:
      'What to look for: words, `from:`, `to:`, `subject:`, `in:`, `has:attachment`, `is:unread`, `before:`, `after:`, `minsize:`, `-` for not, OR, AND',
  }),
  mailbox: part('ID of the only mailbox to look in'),
  thread: part('ID of a thread'),
  query: part('Words in the header or the text'),
  datestart: timeField('Not before that day').optional(),
  dateend: timeField('Before that day').optional(),
  from: part('Part of the author'),
  to: part('Part of a recipient, of a copy too'),
  subject: part('Part of the subject'),
  minSize: z.number().int().min(0).optional(),
  maxSize: z.number().int().min(0).optional(),
  attachments: z.boolean().optional(),
  flagged: z.boolean().optional(),
  unseen: z.boolean().optional(),
  searchable: z.boolean().default(false).meta({ description: 'Not in Trash and Junk' }),
};
type SearchInput = z.output<z.ZodObject<typeof searchFields>>;

const searchMessages = operation({
  id: 'searchMessages',
  method: 'get',
  path: '/users/{user}/search',
  group,
  summary: 'Look for messages',
  access: { resource: 'messages', verb: 'read' },
  params: { user: userField },
  query: {
    ...searchFields,
    order: z.enum(['asc', 'desc']).default('desc'),
    includeHeaders: z.string().max(1000).optional(),
    ...threadFields,
    snippets: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether to tell where words were found, with marks around them' }),
    ...pageFields,
  },
  response: z.object({
    ...pageResponse,
    query: z.string(),
    results: z.array((listedMessage as z.ZodObject).extend({ snippet: z.string().optional() })),
  }),
  errors: ['NoSuchMailbox', 'LimitExceeded'],
  async run({ store, user, input }) {
    const { mailboxes, search } = await readSearch(store, user, input);
    const place = placeOf(input, isSearchKey);
    const { page, total } = await searchMailboxes(store, user.id, mailboxes, search, place, input);
    const threads = page.entries.map(({ threadId }) => threadId);
    const tellThread = await readThreadFields(store, user.id, threads, input);
    const byPlace = new Map<string, object>();
    const names = input.includeHeaders?.split(',').map((name) => name.trim()) ?? null;
    for (const [mailbox, uids] of byMailbox(page.entries)) {
      for (const listed of await readListed(store, { account: user.id, mailbox }, uids, names)) {
        const shown = { ...listed.shown, ...tellThread(listed) };
        const snippet = input.snippets ? highlight(listed.shown.intro, `${input.q ?? ''} ${input.query ?? ''}`) : null;
        byPlace.set(`${mailbox} ${listed.message.uid}`, snippet === null ? shown : { ...shown, snippet });
      }
    }
    const results = page.entries.flatMap(({ mailbox, uid }) => byPlace.get(`${mailbox} ${uid}`) ?? []);
    return { total, ...pageFieldsOf(page, input), query: input.q ?? input.query ?? '', results };
  },
});

const applyToFound = operation({
  id: 'searchApplyMessages',
  method: 'post',
  path: '/users/{user}/search',
  group,
  summary: 'Change all messages that are found',
  access: { resource: 'messages', verb: 'update' },
  params: { user: userField },
  body: {
    ...searchFields,
    action: z.strictObject({
      moveTo: changeFields.moveTo,
      seen: changeFields.seen,
      flagged: changeFields.flagged,
      addKeywords: changeFields.addKeywords,
      removeKeywords: changeFields.removeKeywords,
      addLabels: changeFields.addLabels,
      removeLabels: changeFields.removeLabels,
    }),
    limit: limitField.meta({ description: 'Taken for compatibility' }),
  },
  // As many as there are: it ends when the client goes.
  endless: true,
  response: z.object({ scheduled: z.string(), existing: z.boolean(), updated: z.number() }),
  errors: ['NoSuchMailbox', 'NothingChanged', 'LimitExceeded', 'EncryptionFailed'],
  async run({ store, user, input, signal }) {
    const { mailboxes, search } = await readSearch(store, user, input);
    let updated = 0;
    for (const mailbox of mailboxes) {
      if (search.mailboxes && !search.mailboxes.has(mailbox.id)) continue;
      const uids = await store.search(user.id, mailbox.id, search.query);
      for (let at = 0; at === 0 || at < uids.length; at += BATCH) {
        if (signal.aborted) break;
        const some = UidSet.fromSorted(uids.subarray(at, at + BATCH));
        updated += (await changeMessages(store, user.id, mailbox, some, input.action)).updated;
      }
    }
    return { scheduled: 'done', existing: false, updated };
  },
});

/** Messages that are changed in one transaction. */
const BATCH = 1_000;

async function readSearch(
  store: MessageStore,
  { id }: Account,
  input: SearchInput,
): Promise<{ mailboxes: readonly Mailbox[]; search: MessageSearch }> {
  const mailboxes = await store.mailboxes(id);
  const context = { account: id, mailboxes };
  const typed = parseSearch(input.q ?? '', context);
  const further = parseSearch(input.searchable ? 'searchable:true' : '', context);
  const conditions: SearchQuery[] = [typed.query];
  const add = (condition: SearchQuery | null): void => void (condition && conditions.push(condition));
  if (input.query) add({ key: 'text', text: input.query });
  for (const key of ['from', 'subject'] as const) if (input[key]) add({ key, text: input[key] as string });
  if (input.to)
    add({ key: 'or', of: (['to', 'cc', 'bcc'] as const).map((key) => ({ key, text: input.to as string })) });
  if (input.thread) add(parseSearch(`thread:${input.thread}`, context).query);
  if (input.datestart) add({ key: 'internalDay', from: dayOf(input.datestart) });
  if (input.dateend) add({ key: 'internalDay', before: dayOf(input.dateend) });
  if (input.minSize !== undefined) add(sizeCondition('minsize', String(input.minSize)));
  if (input.maxSize !== undefined) add(sizeCondition('maxsize', String(input.maxSize)));
  for (const state of ['attachments', 'flagged', 'unseen'] as const) {
    if (input[state] !== undefined) add(stateCondition(state, input[state] as boolean));
  }
  const only = input.mailbox === undefined ? null : new Set([parseMailboxId(id, input.mailbox)]);
  const sets = [typed.mailboxes, further.mailboxes, only].filter((set) => set !== null);
  const wanted = mailboxes.map((one) => one.id).filter((one) => sets.every((set) => set.has(one)));
  return {
    mailboxes,
    search: { query: join('and', conditions), mailboxes: sets.length === 0 ? null : new Set(wanted) },
  };
}

function dayOf(text: string): number {
  return Math.floor(Date.parse(text) / 86_400_000);
}

function byMailbox(entries: readonly { readonly mailbox: MailboxId; readonly uid: Uid }[]): Map<MailboxId, Uid[]> {
  const grouped = new Map<MailboxId, Uid[]>();
  for (const { mailbox, uid } of entries) grouped.set(mailbox, [...(grouped.get(mailbox) ?? []), uid]);
  return grouped;
}

/** The operations that look for messages. */
export const searchOperations: readonly Operation[] = [searchMessages, applyToFound];
