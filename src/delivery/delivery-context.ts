/** What delivery needs of a store, and what a program may say about it. */

import type { DomainAction } from '../model/domain-access.ts';
import type { AccountId } from '../model/ids.ts';
import type { DeliveryHooks } from '../model/mail-transaction.ts';
import type { Mailbox } from '../model/mailbox.ts';
import type { SendMail } from '../model/outgoing-mail.ts';
import type { Route } from '../model/route.ts';
import type { StoreContext } from '../store/context.ts';
import type { SenderChecker, SenderCheckOptions } from './check-sender.ts';
import type { WebhookOptions } from './post-webhook.ts';
import type { RewriteSender, SenderRewriter } from './sender-rewriting.ts';
import type { SpamTrust } from './spam-verdict.ts';

/** How mail that the store itself sends goes out. */
export interface OutgoingOptions {
  /**
   * Hands a message to a mail transfer agent, such as `smtpRelay`. Without it forwards and replies wait for a process
   * that has one, and addresses that only forward are put off.
   */
  readonly send?: SendMail;
  /** What this host calls itself in what it forwards. @defaultValue the host's name */
  readonly host?: string;
  /**
   * The reverse path to forward with. With a `SenderRewriter`, mail for the addresses that it made goes back to their
   * senders. @defaultValue that of the message
   */
  readonly rewriteSender?: RewriteSender | SenderRewriter;
  /** Posts the webhooks of filters; the same for all processes of a store. @defaultValue none: nobody is told */
  readonly webhooks?: WebhookOptions;
}

/** What a program says about mail on its way in. */
export interface DeliveryOptions extends DeliveryHooks {
  /** Checks senders by SPF, DKIM, ARC and DMARC where the client's address is known; needs the package `mailauth`. */
  readonly checkSender?: SenderCheckOptions;
}

/** What delivery needs of a store. */
export interface DeliveryContext {
  readonly store: StoreContext;
  readonly options: DeliveryOptions;
  readonly outgoing: OutgoingOptions;
  readonly trust: SpamTrust;
  /** `null` where senders are not checked. */
  readonly checker: SenderChecker | null;
  /** Where mail for an address goes. */
  resolve(address: string): Promise<Route | null>;
  /** Whether an account takes mail at all. */
  takesMail(account: AccountId): Promise<boolean>;
  mailboxes(account: AccountId): Promise<readonly Mailbox[]>;
  /** What is to be done with mail from a domain for accounts with these tags. */
  domainAccess(tags: readonly string[], domain: string): Promise<DomainAction | null>;
}
