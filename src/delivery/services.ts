/** What works on the mail of a store, put together. */

import { AccountEncryption } from '../crypto/account-encryption.ts';
import { StoreDkimKeys } from '../crypto/dkim-keys.ts';
import type { Sealer } from '../crypto/sealer.ts';
import { StoreTlsCertificates } from '../crypto/tls-certificates.ts';
import { effectiveLimits } from '../model/account-limits.ts';
import type { AccountId } from '../model/ids.ts';
import type { OutgoingMail, SendMail } from '../model/outgoing-mail.ts';
import type { WebhooksOptions } from '../model/webhook.ts';
import type { StoreContext } from '../store/context.ts';
import type { MessageStore } from '../store/message-store.ts';
import { Outbox } from '../store/outbox.ts';
import type { StoreServices } from '../store/store-services.ts';
import { StoreWebhooks } from '../webhooks/store-webhooks.ts';
import { StoreAutoReplies } from './auto-reply-settings.ts';
import { SenderChecker } from './check-sender.ts';
import { StoreDeliveries } from './deliveries.ts';
import type { DeliveryOptions, OutgoingOptions } from './delivery-context.ts';
import { encryptMailJob } from './encrypt-existing.ts';
import { StoreFilters } from './filter-store.ts';
import { StoreForwardings } from './forwarding-settings.ts';
import { StorePortable } from './portable.ts';
import { webhookPoster } from './post-webhook.ts';
import { rewrittenRoute } from './sender-rewriting.ts';
import { StoreSpam } from './spam-settings.ts';
import type { SpamTrust } from './spam-verdict.ts';
import { StoreOutgoing } from './store-outgoing.ts';
import { reportFailures, StoreSubmissions } from './submission.ts';

/** What may differ between stores. */
export interface ServiceOptions {
  readonly delivery?: DeliveryOptions;
  readonly outgoing?: OutgoingOptions;
  readonly spamTrust?: SpamTrust;
  readonly webhooks?: WebhooksOptions;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Makes them for a store. */
export function makeServices(
  parts: StoreContext,
  store: MessageStore,
  sealer: Sealer | null,
  { delivery = {}, outgoing = {}, spamTrust: trust = {}, webhooks: webhooksOptions, now }: ServiceOptions,
): StoreServices {
  const { vault, directory } = parts.engine;
  const limitOf = async (account: AccountId): Promise<number | null> =>
    effectiveLimits((await store.accounts.get(account)).limits, await parts.defaultLimits.inForce()).filters ?? null;
  const { send = null, webhooks } = outgoing;
  const post = webhooks ? webhookPoster(webhooks) : null;
  const handOf = (kind: OutgoingMail['kind']): SendMail | null => (kind === 'webhook' ? post : send);
  const outbox = new Outbox(parts, reportFailures(parts, outgoing.host), (kind) => handOf(kind) !== null);
  // The outbox gives out only what can be sent.
  const byKind: SendMail = (mail, signal) => (handOf(mail.kind) as SendMail)(mail, signal);
  const sender = new StoreOutgoing(outbox, send || post ? byKind : null);
  const dkim = new StoreDkimKeys(vault, sealer);
  const checker = delivery.checkSender ? new SenderChecker(delivery.checkSender) : null;
  const eventWebhooks = new StoreWebhooks({ store, vault, sealer }, webhooksOptions);
  const filters = new StoreFilters({ vault, store, limitOf, trust });
  return {
    deliveries: new StoreDeliveries({
      store: parts,
      options: delivery,
      outgoing,
      trust,
      checker,
      resolve: async (address) => rewrittenRoute(outgoing.rewriteSender, address) ?? store.addresses.resolve(address),
      takesMail: (account) => store.auth.takesMail(account),
      mailboxes: (account) => store.mailboxes(account),
      domainAccess: (tags, domain) => store.domainAccess.decide(tags, domain),
    }),
    filters,
    encryption: new AccountEncryption(vault, directory, store, now),
    spam: new StoreSpam(vault, async (account) => void (await store.quota(account))),
    dkim,
    certificates: new StoreTlsCertificates(vault, sealer, now),
    portable: new StorePortable(parts, sealer),
    submissions: new StoreSubmissions({ parts, store, outbox, dkim }),
    autoReplies: new StoreAutoReplies(vault, (ref) => store.accounts.get(ref)),
    forwardings: new StoreForwardings(vault, (ref) => store.accounts.get(ref)),
    outgoing: sender,
    webhooks: eventWebhooks,
    jobKinds: [filters.job, encryptMailJob(parts)],
    close: async () => {
      await Promise.all([sender.close(), eventWebhooks.close()]);
      await checker?.close();
    },
  };
}
