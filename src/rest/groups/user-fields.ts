/** What can be said of an account when it is made or changed, and how it is done. */

import { z } from 'zod';
import type { LimitsChange } from '../../model/account-limits.ts';
import type { AccountProfile } from '../../model/account-profile.ts';
import type { AccountId } from '../../model/ids.ts';
import type { MessageStore } from '../../store/message-store.ts';
import {
  type Flag,
  type MetaData,
  metaDataField,
  type OptionalFlag,
  type OptionalNumber,
  type OptionalText,
  type OptionalTexts,
} from '../fields.ts';
import { readData } from '../json-data.ts';
import { SCOPE_NAMES } from '../login-source.ts';
import { ApiError } from '../problems.ts';

const limit = (what: string): z.ZodOptional<z.ZodNumber> =>
  z
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: `${what}; 0 for no limit` });

/** A password, or `false` for none. */
export const passwordField: z.ZodUnion<readonly [z.ZodLiteral<false>, z.ZodString]> = z
  .union([z.literal(false), z.string().max(256)])
  .meta({ description: 'The password; `false` or empty for none' });

/** Fields of an account that is made or changed. */
export type UserShape = {
  hashedPassword: Flag;
  allowUnsafe: Flag;
  name: OptionalText;
  language: OptionalText;
  targets: OptionalTexts;
  spamLevel: OptionalNumber;
  quota: OptionalNumber;
  messages: OptionalNumber;
  mailboxLimit: OptionalNumber;
  recipients: OptionalNumber;
  forwards: OptionalNumber;
  filters: OptionalNumber;
  receivedMax: OptionalNumber;
  imapMaxUpload: OptionalNumber;
  imapMaxDownload: OptionalNumber;
  imapMaxConnections: OptionalNumber;
  pop3MaxDownload: OptionalNumber;
  pop3MaxMessages: OptionalNumber;
  fromWhitelist: OptionalTexts;
  tags: OptionalTexts;
  metaData: z.ZodOptional<MetaData>;
  internalData: z.ZodOptional<MetaData>;
  pubKey: OptionalText;
  encryptMessages: OptionalFlag;
  requirePasswordChange: OptionalFlag;
  disabledScopes: OptionalTexts;
};

/** The same, as it is checked. */
export const userFields: UserShape = {
  hashedPassword: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether `password` is a hash of it, to be kept as it is' }),
  allowUnsafe: z
    .boolean()
    .default(false)
    .meta({ description: 'Taken for compatibility; the policy for passwords decides' }),
  name: z.string().max(256).optional().meta({ description: "The owner's name" }),
  language: z.string().max(20).optional().meta({ description: 'Language tag' }),
  targets: z
    .array(z.string().max(320))
    .max(20)
    .optional()
    .meta({ description: 'Addresses that mail goes on to; none to end that' }),
  spamLevel: z
    .number()
    .int()
    .min(0)
    .max(100)
    .optional()
    .meta({ description: '0: everything is spam; 100: nothing is' }),
  quota: limit('Octets of mail'),
  messages: limit('Messages'),
  mailboxLimit: limit('Mailboxes'),
  recipients: limit('Recipients of messages sent a day'),
  forwards: limit('Messages forwarded a day'),
  filters: limit('Filters'),
  receivedMax: limit('Messages that arrive within an hour'),
  imapMaxUpload: limit('Octets of messages appended by IMAP a day'),
  imapMaxDownload: limit('Octets of answers of IMAP a day'),
  imapMaxConnections: limit('Sessions of IMAP at once'),
  pop3MaxDownload: limit('Octets of answers of POP3 a day, for a server of POP3'),
  pop3MaxMessages: limit('Messages that a server of POP3 shows'),
  fromWhitelist: z
    .array(z.string().max(320))
    .max(100)
    .optional()
    .meta({ description: 'What it may send from beside its own addresses; with `*`' }),
  tags: z.array(z.string().max(128)).max(100).optional(),
  metaData: metaDataField.optional(),
  internalData: metaDataField.optional().meta({ description: 'The same, which the owner of the account does not see' }),
  pubKey: z
    .string()
    .max(256 * 1024)
    .optional()
    .meta({ description: 'OpenPGP public key, ASCII armor; empty to remove it' }),
  encryptMessages: z.boolean().optional().meta({ description: 'Whether messages that arrive are encrypted' }),
  disabledScopes: z
    .array(z.enum(['imap', 'pop3', 'smtp']) as unknown as z.ZodString)
    .max(10)
    .optional()
    .meta({ description: 'Protocols that the account is not for' }),
  requirePasswordChange: z
    .boolean()
    .optional()
    .meta({ description: 'Whether the password is to be changed at the next login' }),
};

type Fields = { [Name in keyof UserShape]?: z.output<UserShape[Name]> };

/** Limits of the store, by the fields that say them. */
const LIMITS = {
  quota: 'octets',
  messages: 'messages',
  mailboxLimit: 'mailboxes',
  recipients: 'recipientsPerDay',
  forwards: 'forwardsPerDay',
  filters: 'filters',
  receivedMax: 'deliveriesPerHour',
  imapMaxUpload: 'imapUploadOctetsPerDay',
  imapMaxDownload: 'imapDownloadOctetsPerDay',
  imapMaxConnections: 'imapSessions',
  pop3MaxDownload: 'pop3DownloadOctetsPerDay',
  pop3MaxMessages: 'pop3Messages',
} as const;

/** The limits that are given; 0 is none. */
export function limitsOf(fields: Fields): LimitsChange {
  const given = Object.entries(LIMITS).flatMap(([field, name]) => {
    const value = fields[field as keyof typeof LIMITS];
    return value === undefined ? [] : [[name, value === 0 ? null : value] as const];
  });
  return Object.fromEntries(given);
}

/** The profile that is given. @throws {@link ApiError} for data that is no JSON object. */
export function profileOf(fields: Fields): Partial<AccountProfile> {
  const { name, language, tags, fromWhitelist, metaData, internalData } = fields;
  return {
    ...(name !== undefined && { displayName: name }),
    ...(language !== undefined && { language }),
    ...(tags && { tags }),
    ...(fromWhitelist && { sendAs: fromWhitelist }),
    ...(metaData !== undefined && { data: readData('metaData', metaData) }),
    ...(internalData !== undefined && { internalData: readData('internalData', internalData) }),
  };
}

/** Sets what other parts of the store keep: forwarding, spam, encryption. */
export async function applySettings(store: MessageStore, id: AccountId, fields: Fields): Promise<void> {
  const profile = profileOf(fields);
  if (Object.keys(profile).length > 0) await store.profiles.update(id, profile);
  if (fields.spamLevel !== undefined) await store.spam.configure(id, { level: fields.spamLevel });
  if (fields.targets !== undefined) await setTargets(store, id, fields.targets);
  if (fields.pubKey) await store.encryption.addKey(id, fields.pubKey);
  if (fields.encryptMessages !== undefined) await store.encryption.configure(id, { enabled: fields.encryptMessages });
  if (fields.pubKey === '') await removeKeys(store, id);
  if (fields.disabledScopes !== undefined) {
    const disabledScopes = fields.disabledScopes.flatMap((name) => SCOPE_NAMES.get(name) ?? []);
    await store.auth.setStatus(id, { disabledScopes });
  }
  if (fields.requirePasswordChange !== undefined) {
    await store.auth.setStatus(id, { mustChange: fields.requirePasswordChange });
  }
}

async function setTargets(store: MessageStore, id: AccountId, targets: readonly string[]): Promise<void> {
  const other = targets.find((target) => !target.includes('@') || /^[a-z]+:\/\//i.test(target));
  if (other !== undefined) {
    throw new ApiError('InputValidationError', '"targets": only addresses are taken', {
      details: { targets: 'only addresses are taken' },
    });
  }
  if (targets.length === 0) await store.forwardings.remove(id);
  else await store.forwardings.set(id, { targets });
}

async function removeKeys(store: MessageStore, id: AccountId): Promise<void> {
  for (const key of await store.encryption.keys(id)) {
    if (key.type === 'openpgp') await store.encryption.removeKey(id, key.id);
  }
}
