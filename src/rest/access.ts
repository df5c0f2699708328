/** Who may do what: roles and what each is granted, as data. */

import type { AccessToken } from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';

/** What an operation is about. */
export type Resource =
  | 'addresses'
  | 'addresslisting'
  | 'asps'
  | 'attachments'
  | 'audit'
  | 'authentication'
  | 'autoreplies'
  | 'certs'
  | 'dkim'
  | 'domainaccess'
  | 'domainaliases'
  | 'events'
  | 'export'
  | 'filters'
  | 'import'
  | 'jobs'
  | 'mailboxes'
  | 'messages'
  | 'metrics'
  | 'settings'
  | 'storage'
  | 'userlisting'
  | 'users'
  | 'webhooks';

/** What an operation does with it. */
export type Verb = 'create' | 'read' | 'update' | 'delete';

/** What somebody may do with a resource. */
export interface Grant {
  readonly verbs: readonly Verb[];
  /** Only what is the caller's own account's. */
  readonly own: boolean;
  /** Fields that are left out of answers, and passed over in what is given. */
  readonly hidden: readonly string[];
  /** The only fields that are looked at where an operation passes others over; `null` for all. */
  readonly writable: readonly string[] | null;
}

/** Who asks. */
export interface Caller {
  readonly role: AccessToken['role'];
  /** Of role `account`. */
  readonly account: AccountId | null;
  /** Names the token. */
  readonly tokenId: string;
}

const ALL: readonly Verb[] = ['create', 'read', 'update', 'delete'];

type Grants = Readonly<Partial<Record<Resource, Grant>>>;

function any(...verbs: readonly Verb[]): Grant {
  return { verbs: verbs.length === 0 ? ALL : verbs, own: false, hidden: [], writable: null };
}

function own(verbs: readonly Verb[], hidden: readonly string[] = [], writable: readonly string[] | null = null): Grant {
  return { verbs, own: true, hidden, writable };
}

const INTERNAL = ['internalData'];
const OF_ADMINISTRATORS = ['tags', 'disabledScopes', 'internalData'];

/** What people may change of their own account. */
const OWN_USER_FIELDS = [
  'user',
  'existingPassword',
  'password',
  'allowUnsafe',
  'language',
  'name',
  'targets',
  'mtaRelay',
  'spamLevel',
  'uploadSentMessages',
  'metaData',
  'pubKey',
  'smimeCerts',
  'smimeCipher',
  'smimeKeyTransport',
  'encryptMessages',
  'encryptForwarded',
  'retention',
  'disable2fa',
  'protocol',
  'sess',
  'ip',
];

const OF_MAIL: Grants = { messages: any(), attachments: any(), storage: any(), mailboxes: any() };
const OF_ACCOUNTS: Grants = {
  addresslisting: any('read'),
  userlisting: any('read'),
  users: any(),
  certs: any(),
  dkim: any(),
  domainaliases: any(),
  jobs: any('read', 'delete'),
};
const OF_SETTINGS_OF_ACCOUNTS: Grants = {
  addresses: any(),
  authentication: any('create', 'read', 'delete'),
  asps: any('create', 'read', 'delete'),
  autoreplies: any(),
  filters: any(),
  domainaccess: any(),
  webhooks: any(),
};
const OF_OVERSIGHT: Grants = {
  audit: any(),
  events: any('read'),
  export: any('create'),
  import: any('create'),
  metrics: any('read'),
  settings: any(),
};

/** What each role is granted; what does not stand here is refused. */
export const ROLES: Readonly<Record<AccessToken['role'], Grants>> = {
  root: { ...OF_MAIL, ...OF_ACCOUNTS, ...OF_SETTINGS_OF_ACCOUNTS, ...OF_OVERSIGHT },
  manager: { ...OF_ACCOUNTS, ...OF_SETTINGS_OF_ACCOUNTS },
  webmail: { ...OF_MAIL, ...OF_SETTINGS_OF_ACCOUNTS, users: any('read', 'update') },
  account: {
    addresslisting: own(['read'], INTERNAL),
    addresses: own(ALL, INTERNAL),
    authentication: own(['create', 'read', 'delete']),
    userlisting: own(['read'], OF_ADMINISTRATORS),
    users: own(['read', 'update'], OF_ADMINISTRATORS, OWN_USER_FIELDS),
    asps: own(['create', 'read', 'delete']),
    messages: own(ALL),
    attachments: own(ALL),
    storage: own(ALL),
    mailboxes: own(ALL),
    autoreplies: own(ALL),
    filters: own(ALL),
  },
  auth: { authentication: { ...any('create'), hidden: ['token'] } },
  tokenAuth: { authentication: any('create') },
  attachments: { attachments: any('read') },
  audit: { users: any('read'), audit: any() },
  auditclient: { audit: any('read') },
  export: { export: any('create'), import: any('create') },
  settings: { settings: any() },
  downloader: { messages: any('read') },
};

/** What a caller may do with a resource of an account (`null`: of no certain one); `null` when that is not granted. */
export function grantFor(caller: Caller, resource: Resource, verb: Verb, account: AccountId | null): Grant | null {
  const grant = ROLES[caller.role][resource];
  if (!grant?.verbs.includes(verb)) return null;
  return grant.own && account !== null && account !== caller.account ? null : grant;
}
