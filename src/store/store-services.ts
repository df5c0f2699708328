/** What works on the mail of a store and is put together by who opens it. */

import { EiderError } from '../errors.ts';
import type { AutoReplies } from '../model/auto-reply.ts';
import type { DkimKeys } from '../model/dkim.ts';
import type { Encryption } from '../model/encryption.ts';
import type { Filters } from '../model/filter.ts';
import type { Forwardings } from '../model/forwarding.ts';
import type { JobKind } from '../model/job.ts';
import type { Deliveries, DeliverOptions, DeliveryOutcome } from '../model/mail-transaction.ts';
import type { Outgoing } from '../model/outgoing-mail.ts';
import type { Portable } from '../model/portable.ts';
import type { Spam } from '../model/spam.ts';
import type { Submissions } from '../model/submission.ts';
import type { TlsCertificates } from '../model/tls-certificate.ts';
import type { Webhooks } from '../model/webhook.ts';
import type { StoreContext } from './context.ts';
import type { MessageSource, MessageStore } from './message-store.ts';
import type { OutgoingStore } from './outgoing-store.ts';

/** Deliveries as a store has them. */
export interface StoreDelivery extends Deliveries {
  deliver(source: MessageSource, options: DeliverOptions): Promise<readonly DeliveryOutcome[]>;
}

/** What works on a store, put together by who opens it. */
export interface StoreServices extends OutgoingStore {
  readonly outgoing: Outgoing;
  readonly deliveries: StoreDelivery;
  readonly encryption: Encryption;
  readonly filters: Filters;
  readonly spam: Spam;
  readonly portable: Portable;
  readonly certificates: TlsCertificates;
  readonly webhooks: Webhooks;
  /** What they do in the background. */
  readonly jobKinds?: readonly JobKind[];
  /** Ends what they have open. */
  close(): Promise<void>;
}

/** Makes what works on a store, of its parts as the store itself uses them. */
export type MakeServices = (store: MessageStore, context: StoreContext) => StoreServices;

/** The members of a store that its services answer. */
export abstract class StoreWithServices {
  /** `null` for a store that has none. */
  protected abstract readonly services: StoreServices | null;

  get deliveries(): Deliveries {
    return this.#service('deliveries');
  }

  deliver(source: MessageSource, options: DeliverOptions): Promise<readonly DeliveryOutcome[]> {
    return this.#service('deliveries').deliver(source, options);
  }

  get encryption(): Encryption {
    return this.#service('encryption');
  }

  get filters(): Filters {
    return this.#service('filters');
  }

  get spam(): Spam {
    return this.#service('spam');
  }

  get certificates(): TlsCertificates {
    return this.#service('certificates');
  }

  get webhooks(): Webhooks {
    return this.#service('webhooks');
  }

  get portable(): Portable {
    return this.#service('portable');
  }

  get dkim(): DkimKeys {
    return this.#service('dkim');
  }

  get autoReplies(): AutoReplies {
    return this.#service('autoReplies');
  }

  get outgoing(): Outgoing {
    return this.#service('outgoing');
  }

  get submissions(): Submissions {
    return this.#service('submissions');
  }

  get forwardings(): Forwardings {
    return this.#service('forwardings');
  }

  #service<Name extends keyof StoreServices>(name: Name): StoreServices[Name] {
    if (!this.services) throw new EiderError('UNSUPPORTED', `this store has no ${name}`);
    return this.services[name];
  }
}
