/** Changes of messages: flags, keywords, and where they are. */

import { z } from 'zod';
import type { AccountId, Uid } from '../../model/ids.ts';
import type { Mailbox } from '../../model/mailbox.ts';
import { mailboxObjectId } from '../../model/object-ids.ts';
import type { UidSet } from '../../model/uid-set.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { type MetaData, metaDataField, type OptionalFlag, type OptionalText, type OptionalTexts } from '../fields.ts';
import { readData } from '../json-data.ts';
import { findMailbox } from '../mailbox-ref.ts';
import { ApiError } from '../problems.ts';

const keywords = z.array(z.string().min(1).max(255)).max(200);

/** What can be changed of messages. */
export type ChangeShape = {
  moveTo: OptionalText;
  seen: OptionalFlag;
  flagged: OptionalFlag;
  draft: OptionalFlag;
  deleted: OptionalFlag;
  answered: OptionalFlag;
  addKeywords: OptionalTexts;
  removeKeywords: OptionalTexts;
  addLabels: OptionalTexts;
  removeLabels: OptionalTexts;
  expires: z.ZodOptional<z.ZodUnion<readonly [z.ZodLiteral<false>, z.ZodString]>>;
  markHam: OptionalFlag;
  metaData: z.ZodOptional<MetaData>;
};

/** The same, as it is checked. */
export const changeFields: ChangeShape = {
  moveTo: z.string().max(64).optional().meta({ description: 'ID of the mailbox to move to' }),
  seen: z.boolean().optional(),
  flagged: z.boolean().optional(),
  draft: z.boolean().optional(),
  deleted: z.boolean().optional(),
  answered: z.boolean().optional(),
  addKeywords: keywords.optional().meta({ description: 'Keywords to add' }),
  removeKeywords: keywords.optional().meta({ description: 'Keywords to take off' }),
  addLabels: z
    .array(z.string().min(1).max(1000))
    .max(100)
    .optional()
    .meta({ description: 'Paths of mailboxes that they are to be in too' }),
  removeLabels: z
    .array(z.string().min(1).max(1000))
    .max(100)
    .optional()
    .meta({ description: 'Paths of mailboxes to take them out of' }),
  expires: z
    .union([z.literal(false), z.string().max(64)])
    .optional()
    .meta({ description: 'Cannot be set message by message; `false` is taken' }),
  markHam: z.boolean().optional().meta({ description: 'Whether to say that it is no spam' }),
  metaData: metaDataField.optional(),
};

type Change = { [Name in keyof ChangeShape]?: z.output<ChangeShape[Name]> };

/** What came of a change. */
export const changedResponse: z.ZodObject = z.object({
  id: z
    .array(z.tuple([z.number(), z.number()]))
    .meta({ description: 'UIDs before and after, of those that were moved' }),
  mailbox: z.string().meta({ description: 'Where they are now' }),
  updated: z.number().meta({ description: 'How many were changed' }),
});

/** System flags, by the fields that say them. */
const FLAGS = {
  seen: '\\Seen',
  flagged: '\\Flagged',
  draft: '\\Draft',
  deleted: '\\Deleted',
  answered: '\\Answered',
} as const;

/**
 * Changes messages: flags first, then labels, then the place.
 *
 * @throws {@link ApiError} `NothingChanged` when nothing is asked for; `NoSuchMailbox`.
 */
export async function changeMessages(
  store: MessageStore,
  account: AccountId,
  mailbox: Mailbox,
  uids: UidSet,
  change: Change,
): Promise<{ id: [Uid, Uid][]; mailbox: string; updated: number }> {
  if (Object.keys(changeFields).every((name) => change[name as keyof Change] === undefined)) {
    throw new ApiError('NothingChanged', 'nothing is to be changed');
  }
  if (typeof change.expires === 'string') {
    throw new ApiError('Unsupported', 'how long messages stay is a matter of their mailbox');
  }
  const data = change.metaData === undefined ? undefined : readData('metaData', change.metaData);
  // Asked first: nothing is changed when it is not there.
  const target = change.moveTo === undefined ? null : await findMailbox(store, account, change.moveTo);
  const touched = new Set<Uid>();
  const set = async (mode: 'add' | 'remove', flags: readonly string[]): Promise<void> => {
    if (flags.length === 0) return;
    const { changed } = await store.storeFlags(account, mailbox.id, uids, { mode, flags });
    for (const { uid } of changed) touched.add(uid);
  };
  // What has no room is refused before anything else is changed.
  if (data) for (const uid of await store.messageData.set(account, mailbox.id, uids, data)) touched.add(uid);
  const switched = (on: boolean): string[] =>
    Object.entries(FLAGS).flatMap(([name, flag]) => (change[name as keyof typeof FLAGS] === on ? [flag] : []));
  const ham = change.markHam === undefined ? [] : change.markHam ? ['$NotJunk'] : ['$Junk'];
  const notHam = change.markHam === undefined ? [] : change.markHam ? ['$Junk'] : ['$NotJunk'];
  await set('add', [...switched(true), ...(change.addKeywords ?? []), ...ham]);
  await set('remove', [...switched(false), ...(change.removeKeywords ?? []), ...notHam]);
  let left = uids;
  if (change.addLabels?.length)
    ({ left } = await store.changeLabels(account, mailbox.id, left, { mode: 'add', labels: change.addLabels }));
  if (change.removeLabels?.length) {
    ({ left } = await store.changeLabels(account, mailbox.id, left, { mode: 'remove', labels: change.removeLabels }));
  }
  if (!target || target.id === mailbox.id) {
    return { id: [], mailbox: mailboxObjectId(account, mailbox.id), updated: touched.size };
  }
  const { from, to } = await store.move(account, mailbox.id, left, target.id);
  for (const uid of from) touched.add(uid);
  return {
    id: from.map((uid, index): [Uid, Uid] => [uid, to[index] as Uid]),
    mailbox: mailboxObjectId(account, target.id),
    updated: touched.size,
  };
}
