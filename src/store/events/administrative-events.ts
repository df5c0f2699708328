/** What administrators do, and users with their settings, as events: which method of the store tells what. */

import type { Addresses } from '../../model/addresses.ts';
import type { Authentication, SecondFactorKind } from '../../model/authentication.ts';
import type { AutoReplies } from '../../model/auto-reply.ts';
import type { DkimKey, DkimKeys } from '../../model/dkim.ts';
import type { Filters } from '../../model/filter.ts';
import type { AccountId } from '../../model/ids.ts';
import type { Recovery } from '../../model/recovery.ts';
import type { TlsCertificate, TlsCertificates } from '../../model/tls-certificate.ts';
import { normalForm } from '../account-addresses.ts';
import type { Accounts } from '../accounts-api.ts';
import { requireDomain } from '../domain-records.ts';
import { type Tell, type Told, telling } from './telling.ts';

/** Accounts that tell. @param isGone whether one that was removed cannot be brought back */
export function tellingAccounts(
  accounts: Accounts,
  tell: Tell,
  isGone: (account: AccountId) => Promise<boolean>,
): Accounts {
  return telling(accounts, tell, {
    create: ({ id: user, addresses }) => [{ ev: 'user.created', user }, ...addressEvents(user, [], addresses)],
    setPassword: (_, [user]) => [{ ev: 'user.password.changed', user }],
    setPasswordHash: (_, [user]) => [{ ev: 'user.password.changed', user }],
    remove: async (_, [user]) => [
      { ev: 'user.delete.started', user },
      ...((await isGone(user)) ? [{ ev: 'user.delete.completed', user } as const] : []),
    ],
  });
}

/** Addresses that tell. */
export function tellingAddresses(addresses: Addresses, tell: Tell): Addresses {
  return telling(addresses, tell, {
    add: ({ address }, [user]) => [{ ev: 'address.user.created', user, value: address }],
    remove: (done, [user, address]) => (done ? [{ ev: 'address.user.deleted', user, value: normalForm(address) }] : []),
    createForwardingAddress: ({ address }) => [{ ev: 'address.forwarded.created', value: address }],
    removeForwardingAddress: {
      before: (address) => addresses.forwardingAddress(address),
      after: (done, [given], before?: { readonly address: string } | null) =>
        done ? [{ ev: 'address.forwarded.deleted', value: before?.address ?? given }] : [],
    },
    renameDomain: {
      before: async (from) => (await addresses.domainAliases(from)).length,
      after: ({ renamed }, [from, to], aliases = 0) =>
        renamed + aliases > 0
          ? [{ ev: 'address.domain.renamed', previous: requireDomain(from), current: requireDomain(to) }]
          : [],
    },
    createDomainAlias: ({ alias, domain }) => [{ ev: 'domainalias.created', alias, domain }],
    removeDomainAlias: {
      before: (alias) => addresses.domainAlias(alias),
      after: (done, [alias], domain?: string | null) =>
        done && domain != null ? [{ ev: 'domainalias.deleted', alias: requireDomain(alias), domain }] : [],
    },
  });
}

/** Authentication that tells. */
export function tellingAuthentication<Auth extends Authentication>(auth: Auth, tell: Tell): Auth {
  return telling<Authentication>(auth, tell, {
    createAppPassword: ({ id: asp }, [user]) => [{ ev: 'asp.created', user, asp }],
    removeAppPassword: (done, [user, asp]) => (done ? [{ ev: 'asp.deleted', user, asp }] : []),
  }) as Auth;
}

/** Bringing back that tells. */
export function tellingRecovery(recovery: Recovery, tell: Tell): Recovery {
  return telling(recovery, tell, {
    restoreAccount: ({ id: user }) => [{ ev: 'user.delete.cancelled', user }],
  });
}

/** Services of which something is told. */
export interface ToldServices {
  readonly filters: Filters;
  readonly autoReplies: AutoReplies;
  readonly dkim: DkimKeys;
  readonly certificates: TlsCertificates;
}

/** The same services, which tell. */
export function tellingServices<Services extends ToldServices>(services: Services, tell: Tell): Services {
  return {
    ...services,
    filters: telling(services.filters, tell, {
      create: ({ id: filter }, [user]) => [{ ev: 'filter.created', user, filter }],
      remove: (done, [user, filter]) => (done ? [{ ev: 'filter.deleted', user, filter }] : []),
    }),
    autoReplies: telling(services.autoReplies, tell, {
      set: ({ enabled }, [user, change]) => (change.enabled === undefined ? [] : [replyEvent(user, enabled)]),
      remove: (done, [user]) => (done ? [replyEvent(user, false)] : []),
    }),
    dkim: tellingKeys(services.dkim, tell),
    certificates: tellingCertificates(services.certificates, tell),
  };
}

function tellingKeys(dkim: DkimKeys, tell: Tell): DkimKeys {
  const event = (ev: 'dkim.created' | 'dkim.deleted' | 'dkim.updated', key: DkimKey | null | undefined): Told[] =>
    key ? [{ ev, domain: key.domain, selector: key.selector, fingerprint: key.fingerprint }] : [];
  // Of each algorithm one signs: the one that did signs no more.
  const replaced = (before: readonly DkimKey[], key: DkimKey): Told[] => {
    const same = before.find((one) => one.active && one.algorithm === key.algorithm && one.selector !== key.selector);
    return event('dkim.updated', same);
  };
  const created = (key: DkimKey, _: unknown, before: readonly DkimKey[] = []): Told[] => [
    ...event('dkim.created', key),
    ...(key.active ? replaced(before, key) : []),
  ];
  return telling(dkim, tell, {
    create: { before: (domain) => dkim.list(domain), after: created },
    import: { before: (domain) => dkim.list(domain), after: created },
    activate: {
      before: (domain) => dkim.list(domain),
      after: (key, _, before: readonly DkimKey[] = []) =>
        key?.active && !signedBy(before, key) ? [...event('dkim.updated', key), ...replaced(before, key)] : [],
    },
    deactivate: {
      before: (domain, selector) => dkim.get(domain, selector),
      after: (key, _, before?: DkimKey | null) => (before?.active && !key?.active ? event('dkim.updated', key) : []),
    },
    remove: {
      before: (domain, selector) => dkim.get(domain, selector),
      after: (done, _, key?: DkimKey | null) => (done ? event('dkim.deleted', key) : []),
    },
  });
}

function tellingCertificates(certificates: TlsCertificates, tell: Tell): TlsCertificates {
  const event = (ev: 'cert.created' | 'cert.deleted' | 'cert.updated', certificate: TlsCertificate): Told => ({
    ev,
    cert: certificate.id,
    servername: certificate.serverName,
    fingerprint: certificate.fingerprint,
  });
  return telling(certificates, tell, {
    set: {
      before: ({ serverName }) => certificates.resolve(serverName),
      after: (certificate, _, before?: TlsCertificate | null) => [
        event(before?.id === certificate.id ? 'cert.updated' : 'cert.created', certificate),
      ],
    },
    remove: {
      before: (id) => certificates.get(id),
      after: (done, _, before?: TlsCertificate | null) => (done && before ? [event('cert.deleted', before)] : []),
    },
  });
}

/** All addresses of an account were set. */
export function addressEvents(user: AccountId, before: readonly string[], after: readonly string[]): Told[] {
  const added = after.filter((address) => !before.includes(address));
  const removed = before.filter((address) => !after.includes(address));
  return [
    ...added.map((value) => ({ ev: 'address.user.created', user, value }) as const),
    ...removed.map((value) => ({ ev: 'address.user.deleted', user, value }) as const),
  ];
}

function replyEvent(user: AccountId, enabled: boolean): Told {
  return { ev: enabled ? 'autoreply.user.enabled' : 'autoreply.user.disabled', user };
}

function signedBy(keys: readonly DkimKey[], { selector }: DkimKey): boolean {
  return keys.some((key) => key.selector === selector && key.active);
}

const FACTORS = { totp: 'totp', securityKey: 'u2f', custom: 'custom' } as const;

/** Second factors of an account were switched on or off. */
export function factorEvents(
  user: AccountId,
  before: readonly SecondFactorKind[],
  after: readonly SecondFactorKind[],
): Told[] {
  const events = Object.entries(FACTORS).flatMap(([kind, name]): Told[] => {
    const [was, is] = [before, after].map((kinds) => kinds.includes(kind as SecondFactorKind));
    if (was === is) return [];
    return [{ ev: `mfa.${name}.${is ? 'enabled' : 'disabled'}`, user }];
  });
  // Recovery codes alone are none.
  const [had, has] = [before, after].map((kinds) => kinds.some((kind) => kind in FACTORS));
  return had && !has ? [...events, { ev: 'mfa.disabled', user }] : events;
}
