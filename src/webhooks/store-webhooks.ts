/** Webhooks as a store has them. */

import { randomBytes } from 'node:crypto';
import type { Sealer } from '../crypto/sealer.ts';
import type { Vault } from '../engine/vault.ts';
import { EiderError } from '../errors.ts';
import { isEventType } from '../model/store-event.ts';
import type {
  Webhook,
  WebhookChange,
  WebhookInput,
  WebhookLetter,
  Webhooks,
  WebhooksOptions,
} from '../model/webhook.ts';
import { readWebhookUrl } from '../model/webhook-url.ts';
import { namesPrivateAddress, TIMEOUT_MS } from '../net/signed-post.ts';
import { parsePosition } from '../store/events/event-position.ts';
import type { MessageStore } from '../store/message-store.ts';
import { WAITS_MS } from './post-outcome.ts';
import { PosterLease } from './poster-lease.ts';
import {
  progressFrom,
  type Versioned,
  WebhookRecords,
  type WebhookSettings,
  webhookOf,
  withSecret,
} from './webhook-records.ts';
import { WebhookRunner } from './webhook-runner.ts';

/** What they need of the store. */
export interface WebhooksParts {
  readonly store: Pick<MessageStore, 'accounts' | 'events' | 'eventPosition'>;
  readonly vault: Vault;
  readonly sealer: Sealer | null;
}

/** Webhooks of a store. */
const MAX_WEBHOOKS = 1_000;
const MAX_TYPES = 50;
const MAX_LETTERS_PAGE = 250;

/** See {@link Webhooks}. */
export class StoreWebhooks implements Webhooks {
  readonly #store: WebhooksParts['store'];
  readonly #records: WebhookRecords;
  readonly #runner: WebhookRunner;
  readonly #options: Required<WebhooksOptions>;
  #running: Promise<void> | null = null;
  /** The run before this one. */
  #before: Promise<void> = Promise.resolve();
  #stop: AbortController | null = null;
  #starts = 0;

  constructor({ store, vault, sealer }: WebhooksParts, options: WebhooksOptions = {}) {
    this.#store = store;
    this.#records = new WebhookRecords(vault, sealer);
    this.#options = { allowPrivate: false, timeoutMs: TIMEOUT_MS, waitsMs: WAITS_MS, ...options };
    const parts = { store, records: this.#records, options: this.#options };
    this.#runner = new WebhookRunner(parts, new PosterLease(vault));
  }

  async create(
    input: WebhookInput,
    { after }: { readonly after?: string } = {},
  ): Promise<{ readonly webhook: Webhook; readonly secret: string | null }> {
    const said = await this.#checked({ account: null, ...input });
    if (after !== undefined) requirePosition(after);
    if ((await this.#records.list()).size >= MAX_WEBHOOKS) {
      throw new EiderError('LIMIT_EXCEEDED', `a store has at most ${MAX_WEBHOOKS} webhooks`);
    }
    // From then on events are kept.
    const now = await this.#store.eventPosition();
    const id = newId();
    const secret = this.#records.makeSecret(id);
    const settings = { ...said, created: Date.now(), secrets: secret ? [secret.kept] : [] };
    const progress = progressFrom(after ?? now);
    await this.#records.create(id, settings, progress);
    this.#runner.changed();
    return { webhook: webhookOf(id, settings, progress), secret: secret?.told ?? null };
  }

  async list(): Promise<Webhook[]> {
    const all = [...(await this.#records.list())].map(([id, settings]) => this.#told(id, settings));
    return (await Promise.all(all)).filter((webhook) => webhook !== null);
  }

  async get(id: string): Promise<Webhook | null> {
    const settings = await this.#records.settings(id);
    return settings && this.#told(id, settings);
  }

  async update(id: string, { disabled, ...change }: WebhookChange): Promise<Webhook | null> {
    const found = await this.#records.settings(id);
    if (!found) return null;
    const { url, types, account } = found.value;
    const { account: changed, ...given } = await this.#checked({ url, types, ...change });
    const said = { ...given, account: change.account === undefined ? account : changed };
    if (disabled === true) await this.#records.changeProgress(id, { disabled: 'asked' });
    else if (disabled === false) await this.#records.changeProgress(id, { disabled: null, notBefore: 0, tries: 0 });
    if (!(await this.#change(id, (before) => ({ ...before, ...said })))) return null;
    return this.get(id);
  }

  async remove(id: string): Promise<boolean> {
    const done = await this.#records.remove(id);
    this.#runner.changed();
    return done;
  }

  async rotateSecret(id: string): Promise<string | null> {
    const secret = this.#records.makeSecret(id);
    if (!secret) throw new EiderError('UNSUPPORTED', 'the store was opened without a secret to seal secrets under');
    const done = await this.#change(id, ({ secrets, ...before }) => ({
      ...before,
      secrets: withSecret(secrets, secret.kept),
    }));
    return done ? secret.told : null;
  }

  async replay(id: string, after: string): Promise<boolean> {
    requirePosition(after);
    if (!(await this.#records.settings(id))) return false;
    await this.#records.changeProgress(id, { position: after, tries: 0, notBefore: 0 });
    return this.#change(id);
  }

  async letters(
    id: string,
    { after, limit = MAX_LETTERS_PAGE }: { readonly after?: string; readonly limit?: number } = {},
  ): Promise<WebhookLetter[] | null> {
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LETTERS_PAGE)) {
      throw new EiderError('INVALID_ARGUMENT', `limit is a whole number from 1 to ${MAX_LETTERS_PAGE}`);
    }
    if (!(await this.#records.settings(id))) return null;
    return this.#records.letters(id, { limit, ...(after !== undefined && { after }) });
  }

  async resend(id: string, letters?: readonly string[]): Promise<number | null> {
    const now = Date.now();
    const count = await this.#eachLetter(id, letters, async (letter) => {
      if (letter.due !== null) return false;
      await this.#records.putLetter(id, { ...letter, tries: 0, due: now });
      return true;
    });
    if (count) await this.#change(id);
    return count;
  }

  async discard(id: string, letters?: readonly string[]): Promise<number | null> {
    return this.#eachLetter(id, letters, (letter) => this.#records.removeLetter(id, letter.id));
  }

  start(): () => Promise<void> {
    this.#stop ??= new AbortController();
    const { signal } = this.#stop;
    this.#running ??= this.#before.then(() => this.#runner.run(signal));
    this.#starts++;
    let isOver = false;
    return async () => {
      if (!isOver) this.#starts--;
      isOver = true;
      if (this.#starts === 0) await this.close();
    };
  }

  /** Lets what is being posted end. */
  async close(): Promise<void> {
    this.#before = this.#running ?? this.#before;
    this.#stop?.abort();
    this.#stop = null;
    this.#running = null;
    await this.#before;
  }

  async #told(id: string, { value }: Versioned<WebhookSettings>): Promise<Webhook | null> {
    const progress = await this.#records.progress(id);
    return progress && webhookOf(id, value, progress.value);
  }

  async #change(id: string, change = (before: WebhookSettings): WebhookSettings => before): Promise<boolean> {
    const done = await this.#records.change(id, change);
    this.#runner.changed();
    return done;
  }

  async #eachLetter(
    id: string,
    letters: readonly string[] | undefined,
    work: (letter: WebhookLetter) => Promise<boolean>,
  ): Promise<number | null> {
    if (!(await this.#records.settings(id))) return null;
    let count = 0;
    for await (const letter of letters ? this.#named(id, letters) : this.#records.allLetters(id))
      if (await work(letter)) count++;
    return count;
  }

  async *#named(id: string, letters: readonly string[]): AsyncGenerator<WebhookLetter, void, undefined> {
    for (const one of new Set(letters)) {
      const letter = await this.#records.letter(id, one);
      if (letter) yield letter;
    }
  }

  /** @throws `INVALID_ARGUMENT`, `ACCOUNT_NOT_FOUND`. */
  async #checked({ url, types, account = null }: WebhookInput): Promise<Required<WebhookInput>> {
    const unknown = types.find((type) => !isEventType(type));
    if (unknown !== undefined) throw invalid(`no event is called ${unknown.slice(0, 64)}`);
    if (types.length === 0 || types.length > MAX_TYPES) throw invalid(`a webhook has 1 to ${MAX_TYPES} types`);
    if (account !== null) await this.#store.accounts.get(account);
    return { url: this.#checkedUrl(url), types: [...new Set(types)], account };
  }

  #checkedUrl(text: string): string {
    const read = readWebhookUrl(text);
    if ('fault' in read) throw invalid(`what is posted to ${read.fault}`);
    if (!this.#options.allowPrivate && namesPrivateAddress(new URL(read.href))) {
      throw invalid('the URL names an address that is not public, which this store does not post to');
    }
    return read.href;
  }
}

function requirePosition(text: string): void {
  if (!parsePosition(text)) throw invalid('this is no position of an event');
}

/** Rising with time. */
function newId(): string {
  return Date.now().toString(16).padStart(12, '0') + randomBytes(6).toString('hex');
}

const invalid = (message: string): EiderError => new EiderError('INVALID_ARGUMENT', message);
