/** Operations on mailboxes. */

import { z } from 'zod';
import type { Account } from '../../model/account.ts';
import type { Mailbox } from '../../model/mailbox.ts';
import { mailboxObjectId } from '../../model/object-ids.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { doneResponse, flagField, madeResponse, userField } from '../fields.ts';
import { findMailbox, mailboxField } from '../mailbox-ref.ts';
import { type Operation, operation } from '../operation.ts';
import { ApiError } from '../problems.ts';

const group = 'Mailboxes';
const DAY_MS = 86_400_000;

const pathField = z
  .string()
  .min(1)
  .max(1000)
  .refine((path) => !/\/{2}|\/$/.test(path), 'has an empty level')
  .meta({ description: 'Full path, levels separated by `/`' });
const retentionField = z
  .number()
  .min(0)
  .max(36_500 * DAY_MS)
  .optional()
  .meta({ description: 'Milliseconds that messages stay, whole days; 0 for ever' });

const shown = {
  id: z.string(),
  name: z.string().meta({ description: 'Last level of the path' }),
  path: z.string(),
  specialUse: z.string().nullable().meta({ description: 'Such as `\\Sent`' }),
  modifyIndex: z.number().meta({ description: 'Number of the last change' }),
  subscribed: z.boolean(),
  hidden: z.boolean().meta({ description: 'Whether IMAP does not list it' }),
  encryptMessages: z.boolean(),
  retention: z.number().optional().meta({ description: 'Milliseconds that messages stay' }),
  total: z.number().optional(),
  unseen: z.number().optional(),
  size: z.number().optional().meta({ description: 'Octets' }),
};
const shownMailbox = z.object(shown).meta({ id: 'Mailbox' });

const getMailboxes = operation({
  id: 'getMailboxes',
  method: 'get',
  path: '/users/{user}/mailboxes',
  group,
  summary: 'List the mailboxes of a user',
  access: { resource: 'mailboxes', verb: 'read' },
  params: { user: userField },
  query: {
    specialUse: flagField('Only INBOX and those of a special use'),
    showHidden: flagField('Hidden ones too'),
    counters: flagField('Whether to tell how many messages there are'),
    sizes: flagField('Whether to tell how large they are'),
  },
  response: z.object({ results: z.array(shownMailbox) }),
  async run({ store, user, input }) {
    const all = (await store.mailboxes(user.id)).filter(({ hidden }) => !hidden || input.showHidden);
    const wanted = input.specialUse ? all.filter(({ path, specialUse }) => path === 'INBOX' || specialUse) : all;
    const show = await shower(store, user);
    return { results: wanted.map((mailbox) => show(mailbox, input)) };
  },
});

const createMailbox = operation({
  id: 'createMailbox',
  method: 'post',
  path: '/users/{user}/mailboxes',
  group,
  summary: 'Make a mailbox',
  access: { resource: 'mailboxes', verb: 'create' },
  params: { user: userField },
  body: {
    path: pathField,
    hidden: flagField('Whether IMAP does not list it'),
    encryptMessages: flagField('Whether what comes into it is encrypted; needs a key of the user'),
    retention: retentionField,
  },
  response: madeResponse,
  errors: ['MailboxExistsError'],
  async run({ store, user, input }) {
    const days = daysOf(input.retention);
    // Before anything is made: it is refused where there is no key.
    if (input.encryptMessages) await store.encryption.requireKey(user.id);
    const mailbox = await store.createMailbox(user.id, input.path);
    if (input.hidden) await store.hideMailbox(user.id, mailbox.id, true);
    await store.subscribe(user.id, mailbox.path, true);
    if (days) await store.recovery.setRetention(user.id, mailbox.id, days);
    if (input.encryptMessages) await store.encryption.configureMailbox(user.id, mailbox.id, true);
    return { id: mailboxObjectId(user.id, mailbox.id) };
  },
});

const getMailbox = operation({
  id: 'getMailbox',
  method: 'get',
  path: '/users/{user}/mailboxes/{mailbox}',
  group,
  summary: 'Tell of a mailbox',
  access: { resource: 'mailboxes', verb: 'read' },
  params: { user: userField, mailbox: mailboxField },
  query: {
    path: z
      .string()
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'Path of the mailbox, where the ID is `resolve`' }),
  },
  response: z.object(shown),
  errors: ['NoSuchMailbox'],
  async run({ store, user, input }) {
    const { id } = await findMailbox(store, user.id, input.mailbox, input.path);
    // Only a list tells whether it is hidden.
    const mailbox = (await store.mailboxes(user.id)).find((one) => one.id === id);
    if (!mailbox) throw new ApiError('NoSuchMailbox', 'this mailbox does not exist');
    return (await shower(store, user))(mailbox, { counters: true, sizes: true });
  },
});

const updateMailbox = operation({
  id: 'updateMailbox',
  method: 'put',
  path: '/users/{user}/mailboxes/{mailbox}',
  group,
  summary: 'Change a mailbox',
  access: { resource: 'mailboxes', verb: 'update' },
  params: { user: userField, mailbox: mailboxField },
  body: {
    path: pathField.optional(),
    retention: retentionField,
    subscribed: z.boolean().optional(),
    hidden: z.boolean().optional().meta({ description: 'Whether IMAP does not list it' }),
    encryptMessages: z.boolean().optional().meta({ description: 'Whether what comes into it is encrypted' }),
  },
  response: doneResponse,
  errors: ['NoSuchMailbox', 'MailboxExistsError', 'DisallowedMailboxMethod', 'NothingChanged'],
  async run({ store, user, input }) {
    const { path, subscribed, retention, hidden, encryptMessages } = input;
    if ([path, subscribed, retention, hidden, encryptMessages].every((value) => value === undefined)) {
      throw new ApiError('NothingChanged', 'nothing is to be changed');
    }
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    if (encryptMessages !== undefined) {
      await store.encryption.configureMailbox(user.id, mailbox.id, encryptMessages);
    }
    if (path !== undefined && path !== mailbox.path) await rename(store, user, mailbox, path);
    if (hidden !== undefined) await store.hideMailbox(user.id, mailbox.id, hidden);
    if (subscribed !== undefined) await store.subscribe(user.id, path ?? mailbox.path, subscribed);
    if (retention !== undefined) await store.recovery.setRetention(user.id, mailbox.id, daysOf(retention));
    return {};
  },
});

const deleteMailbox = operation({
  id: 'deleteMailbox',
  method: 'delete',
  path: '/users/{user}/mailboxes/{mailbox}',
  group,
  summary: 'Delete a mailbox with its messages',
  access: { resource: 'mailboxes', verb: 'delete' },
  params: { user: userField, mailbox: mailboxField },
  response: doneResponse,
  errors: ['NoSuchMailbox', 'DisallowedMailboxMethod'],
  async run({ store, user, input }) {
    const mailbox = await findMailbox(store, user.id, input.mailbox);
    requireOrdinary(mailbox, 'deleted');
    await store.deleteMailbox(user.id, mailbox.id);
    await store.subscribe(user.id, mailbox.path, false);
    return {};
  },
});

/** What shows mailboxes of an account: reads once what concerns all of them. */
async function shower(
  store: MessageStore,
  { id }: Account,
): Promise<(mailbox: Mailbox, wanted: { readonly counters: boolean; readonly sizes: boolean }) => object> {
  const [subscriptions, retentions, encrypted] = await Promise.all([
    store.subscriptions(id),
    store.recovery.retention(id),
    store.encryption.mailboxes(id),
  ]);
  const subscribed = new Set(subscriptions);
  const days = new Map(retentions.map((one) => [one.mailboxId, one.days]));
  return (mailbox, { counters, sizes }) => {
    const retention = days.get(mailbox.id) ?? null;
    return {
      id: mailboxObjectId(id, mailbox.id),
      name: mailbox.path.slice(mailbox.path.lastIndexOf('/') + 1),
      path: mailbox.path,
      specialUse: mailbox.specialUse,
      modifyIndex: mailbox.highestModSeq,
      subscribed: subscribed.has(mailbox.path),
      hidden: mailbox.hidden ?? false,
      encryptMessages: encrypted.includes(mailbox.id),
      ...(retention !== null && { retention: retention * DAY_MS }),
      ...(counters && { total: mailbox.messages, unseen: mailbox.unseen }),
      ...(sizes && { size: mailbox.octets }),
    };
  };
}

async function rename(store: MessageStore, user: Account, mailbox: Mailbox, path: string): Promise<void> {
  requireOrdinary(mailbox, 'renamed');
  await store.renameMailbox(user.id, mailbox.path, path);
}

function requireOrdinary({ path, specialUse }: Mailbox, done: string): void {
  if (path !== 'INBOX' && specialUse === null) return;
  throw new ApiError('DisallowedMailboxMethod', `a mailbox of a special use cannot be ${done}`);
}

/** Whole days; `null` for ever. @throws {@link ApiError} for less than a day. */
function daysOf(ms: number | undefined): number | null {
  if (!ms) return null;
  const days = Math.round(ms / DAY_MS);
  if (days * DAY_MS === ms) return days;
  throw new ApiError('InputValidationError', '"retention": is no number of whole days', {
    details: { retention: 'is no number of whole days' },
  });
}

/** The operations on mailboxes. */
export const mailboxOperations: readonly Operation[] = [
  getMailboxes,
  createMailbox,
  getMailbox,
  updateMailbox,
  deleteMailbox,
];
