/** An account as the API shows it. */

import { z } from 'zod';
import type { Account } from '../../model/account.ts';
import type { AccountProfile } from '../../model/account-profile.ts';
import type { AccountStatus } from '../../model/authentication.ts';
import type { TrafficUse } from '../../model/traffic.ts';
import type { MessageStore } from '../../store/message-store.ts';
import { scopeName } from '../login-source.ts';

const use = z.object({
  allowed: z.number().meta({ description: '0 for no limit' }),
  used: z.number(),
});
const daily = z.object({ allowed: z.number().meta({ description: '0 for no limit' }) });

const traffic = use.extend({
  ttl: z
    .union([z.number(), z.literal(false)])
    .meta({ description: 'Seconds until it begins anew; `false` when nothing was counted' }),
});

const common = {
  id: z.string(),
  username: z.string(),
  name: z.string(),
  address: z.string().meta({ description: "The main address; '' for none" }),
  targets: z.array(z.string()).meta({ description: 'Where mail goes on to' }),
  enabled2fa: z.array(z.string()).meta({ description: 'Second factors that are on' }),
  autoreply: z.boolean(),
  encryptMessages: z.boolean(),
  encryptForwarded: z.boolean(),
  hasPasswordSet: z.boolean(),
  activated: z.boolean(),
  disabled: z.boolean(),
  suspended: z.boolean(),
  tags: z.array(z.string()).optional(),
  metaData: z.unknown().optional(),
  internalData: z.unknown().optional(),
};

/** An account in a list. */
export const listedUser: z.ZodObject = z.object({ ...common, quota: use }).meta({ id: 'ListedUser' });

/** All that is told of an account. */
export const shownUser: z.ZodObject = z.object({
  ...common,
  language: z.string(),
  fromWhitelist: z.array(z.string()).meta({ description: 'What it may send from beside its own addresses' }),
  spamLevel: z.number(),
  pubKey: z.string().meta({ description: "The newest OpenPGP key; '' for none" }),
  smimeCerts: z.array(z.string()),
  keyInfo: z.union([z.literal(false), z.object({ name: z.string(), address: z.string(), fingerprint: z.string() })]),
  limits: z.object({
    quota: use,
    messages: use,
    mailboxes: daily,
    recipients: daily,
    forwards: daily,
    received: daily,
    filters: use,
    imapUpload: traffic,
    imapDownload: traffic,
    imapMaxConnections: use,
    pop3Download: traffic,
    pop3MaxMessages: daily,
  }),
  requirePasswordChange: z.boolean(),
  disabledScopes: z.array(z.string()).optional(),
  created: z.string(),
});

/** What is read of each account that is shown. */
interface UserParts {
  readonly account: Account;
  readonly profile: AccountProfile;
  readonly status: AccountStatus;
  readonly common: object;
}

async function readUser(store: MessageStore, account: Account): Promise<UserParts> {
  const { id } = account;
  const [profile, status, forwarding, reply, encryption] = await Promise.all([
    store.profiles.get(id),
    store.auth.status(id),
    store.forwardings.get(id),
    store.autoReplies.get(id),
    store.encryption.settings(id),
  ]);
  return {
    account,
    profile,
    status,
    common: {
      id,
      username: account.name,
      name: profile.displayName,
      address: account.addresses[0] ?? '',
      tags: profile.tags,
      targets: forwarding?.targets ?? [],
      enabled2fa: status.secondFactors.map((factor) => (factor === 'securityKey' ? 'webauthn' : factor)),
      autoreply: reply?.enabled ?? false,
      encryptMessages: encryption.enabled,
      encryptForwarded: false,
      hasPasswordSet: await store.accounts.hasPassword(id),
      activated: !status.disabled,
      disabled: status.disabled,
      suspended: status.suspended,
    },
  };
}

/** What a list tells of an account. */
export async function listUser(
  store: MessageStore,
  account: Account,
  wanted: { readonly metaData: boolean; readonly internalData: boolean },
): Promise<object> {
  const [{ profile, common: fields }, { limits, usage }] = await Promise.all([
    readUser(store, account),
    store.quota(account.id),
  ]);
  return {
    ...fields,
    quota: { allowed: limits.octets ?? 0, used: usage.octets },
    ...(wanted.metaData && { metaData: profile.data }),
    ...(wanted.internalData && { internalData: profile.internalData }),
  };
}

/** All that is told of an account. */
export async function showUser(store: MessageStore, account: Account): Promise<object> {
  const { id } = account;
  const [{ profile, status, common: fields }, { limits, usage }, spam, keys, filters, imap, pop3] = await Promise.all([
    readUser(store, account),
    store.quota(id),
    store.spam.settings(id),
    store.encryption.keys(id),
    store.filters.list(id),
    store.traffic.use(id, 'imap'),
    store.traffic.use(id, 'pop3'),
  ]);
  const pgp = keys.filter(({ type }) => type === 'openpgp').at(-1);
  const allowed = (limit: number | null | undefined): number => limit ?? 0;
  return {
    ...fields,
    language: profile.language,
    metaData: profile.data,
    internalData: profile.internalData,
    fromWhitelist: profile.sendAs,
    spamLevel: spam.level,
    pubKey: pgp?.text ?? '',
    smimeCerts: keys.filter(({ type }) => type === 'smime').map(({ text }) => text),
    keyInfo: pgp ? { ...nameAndAddress(pgp.names[0] ?? ''), fingerprint: pgp.id } : false,
    limits: {
      quota: { allowed: allowed(limits.octets), used: usage.octets },
      messages: { allowed: allowed(limits.messages), used: usage.messages },
      mailboxes: { allowed: allowed(limits.mailboxes) },
      recipients: { allowed: allowed(limits.recipientsPerDay) },
      forwards: { allowed: allowed(limits.forwardsPerDay) },
      received: { allowed: allowed(limits.deliveriesPerHour) },
      filters: { allowed: allowed(limits.filters), used: filters.length },
      imapUpload: trafficOf(limits.imapUploadOctetsPerDay, imap.upload),
      imapDownload: trafficOf(limits.imapDownloadOctetsPerDay, imap.download),
      imapMaxConnections: { allowed: allowed(limits.imapSessions), used: imap.sessions },
      pop3Download: trafficOf(limits.pop3DownloadOctetsPerDay, pop3.download),
      pop3MaxMessages: { allowed: allowed(limits.pop3Messages) },
    },
    requirePasswordChange: status.mustChange,
    disabledScopes: status.disabledScopes.map(scopeName),
    created: new Date(account.created).toISOString(),
  };
}

function trafficOf(limit: number | null | undefined, { used, until }: TrafficUse): z.output<typeof traffic> {
  const ttl = until === null ? false : Math.max(0, Math.ceil((until - Date.now()) / 1000));
  return { allowed: limit ?? 0, used, ttl };
}

/** `Ann <ann@example.com>` */
function nameAndAddress(userId: string): { name: string; address: string } {
  const found = /^(.*?)\s*<([^<>]*)>\s*$/.exec(userId);
  return found ? { name: found[1] ?? '', address: found[2] ?? '' } : { name: userId, address: '' };
}
