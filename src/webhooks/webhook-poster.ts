/**
 * Posts events to one webhook: one at a time and in their order. One that is not taken is tried again; after some tries
 * it is set aside as a letter, so that the others need not wait for it, and after some more it is a dead letter.
 */

import type { StoreEvent } from '../model/store-event.ts';
import { namesEvent } from '../model/store-event.ts';
import { storeEventView } from '../model/store-event-view.ts';
import type { WebhookLetter, WebhooksOptions } from '../model/webhook.ts';
import { postSigned } from '../net/signed-post.ts';
import type { MessageStore } from '../store/message-store.ts';
import { Wake } from '../store/wake.ts';
import { afterFailure, afterSuccess, outcomeOf, type PostFailure, type PostOutcome } from './post-outcome.ts';
import { until } from './until.ts';
import type { Versioned, WebhookProgress, WebhookRecords, WebhookSettings } from './webhook-records.ts';

/** What it works with. */
export interface PosterParts {
  readonly store: Pick<MessageStore, 'events'>;
  readonly records: WebhookRecords;
  readonly options: Required<WebhooksOptions>;
}

/** Tries of an event that the others wait for. */
const TRIES_IN_ORDER = 5;
/** Tries of an event in all. */
const MAX_TRIES = 10;
/** Letters of a webhook; with more it is stopped. */
const MAX_LETTERS = 1_000;
/** How far it is is written down so often while it is told nothing, in milliseconds. */
const SAVE_MS = 60_000;
const FAR_MS = 3_600_000;

/** Others have said something else of the webhook, or it is posted to no more. */
class PosterEnd extends Error {
  override readonly name = 'PosterEnd';
}

/** One for each webhook, as long as its settings stay what they are. */
export class WebhookPoster {
  readonly #parts: PosterParts;
  readonly #id: string;
  readonly #settings: WebhookSettings;
  /** When letters are due that are tried again. */
  readonly #waiting = new Map<string, number>();
  readonly #lettersChanged = new Wake();
  #progress: Versioned<WebhookProgress>;
  /** Position of an event that the webhook is not told of, behind what is written down. */
  #passed: string | null = null;
  #savedAt: number = performance.now();
  /** Posts, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(parts: PosterParts, id: string, settings: WebhookSettings, progress: Versioned<WebhookProgress>) {
    this.#parts = parts;
    this.#id = id;
    this.#settings = settings;
    this.#progress = progress;
  }

  /**
   * Posts until the signal comes, or others have said something else; what is being posted then ends. Resolves with
   * whether there is anything left to do, as there is not for one that is disabled.
   *
   * @throws what the engine throws.
   */
  static async run(
    parts: PosterParts,
    id: string,
    settings: WebhookSettings,
    signal: AbortSignal,
    ready: (poster: WebhookPoster) => void,
  ): Promise<boolean> {
    const progress = await parts.records.progress(id);
    if (!progress || progress.value.disabled !== null) return false;
    const poster = new WebhookPoster(parts, id, settings, progress);
    ready(poster);
    await poster.#run(signal);
    return poster.#progress.value.disabled === null;
  }

  /** To be called again and again: writes down how far it is, when no post is under way. */
  keepUp(): void {
    if (this.#passed === null || performance.now() < this.#savedAt + SAVE_MS) return;
    this.#savedAt = performance.now();
    // What comes of it the next post is told.
    void this.#exclusively(async () => {
      if (this.#passed !== null) await this.#save({ ...this.#progress.value, position: this.#passed });
    }).catch(() => {});
  }

  async #run(signal: AbortSignal): Promise<void> {
    await this.#findLetters();
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const end = (error: unknown): void => {
      ended.abort();
      if (!(error instanceof PosterEnd)) throw error;
    };
    const both = await Promise.allSettled([this.#events(either).catch(end), this.#letters(either).catch(end)]);
    for (const one of both) if (one.status === 'rejected') throw one.reason;
  }

  async #events(signal: AbortSignal): Promise<void> {
    const after = this.#progress.value.position;
    for await (const event of this.#parts.store.events({ after, signal })) {
      if (!this.#isWanted(event)) this.#passed = event.id;
      else {
        while (!(await this.#exclusively(() => this.#deliver(event, signal)))) {
          // Letters may come in between.
        }
      }
    }
  }

  #isWanted(event: StoreEvent): boolean {
    const { types, account } = this.#settings;
    if (account !== null && event.user !== account && !(event.ev === 'reset' && event.user === undefined)) return false;
    return event.ev === 'reset' || types.some((type) => namesEvent(type, event.ev));
  }

  /** Whether the next event is due. */
  async #deliver(event: StoreEvent, signal: AbortSignal): Promise<boolean> {
    const outcome = await this.#post(event, signal);
    const { value } = this.#progress;
    if (outcome.kind === 'taken') {
      await this.#save({ ...afterSuccess(value), position: event.id, tries: 0 });
      return true;
    }
    const failed = await this.#failed(outcome);
    const tries = value.tries + 1;
    if (tries < TRIES_IN_ORDER) {
      await this.#save({ ...failed, tries });
      return false;
    }
    if (await this.#isFullOfLetters()) await this.#disable({ ...failed, tries, disabled: 'letters' });
    const { error } = outcome;
    await this.#keepLetter({
      id: event.id,
      event,
      tries,
      error,
      created: Date.now(),
      due: outcome.kind === 'refused' ? null : failed.notBefore,
    });
    await this.#save({ ...failed, position: event.id, tries: 0 });
    return true;
  }

  async #letters(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const heard = this.#lettersChanged.next();
      const [id, due] = [...this.#waiting].reduce<[string | null, number]>(
        (first, one) => (one[1] < first[1] ? one : first),
        [null, Date.now() + FAR_MS],
      );
      await until(due, signal, this.#lettersChanged, heard);
      if (signal.aborted || id === null || Date.now() < due) continue;
      await this.#exclusively(() => this.#deliverLetter(id, signal));
    }
  }

  async #deliverLetter(id: string, signal: AbortSignal): Promise<void> {
    const letter = await this.#parts.records.letter(this.#id, id);
    // Somebody has thrown it away.
    if (letter?.due == null) return void this.#waiting.delete(id);
    const outcome = await this.#post(letter.event, signal);
    if (outcome.kind === 'taken') {
      await this.#parts.records.removeLetter(this.#id, id);
      this.#waiting.delete(id);
      return this.#save(afterSuccess(this.#progress.value));
    }
    const failed = await this.#failed(outcome);
    const tries = letter.tries + 1;
    const isDead = outcome.kind === 'refused' || tries >= MAX_TRIES;
    await this.#keepLetter({ ...letter, tries, error: outcome.error, due: isDead ? null : failed.notBefore });
    await this.#save(failed);
  }

  /** Posts when the webhook may be posted to. */
  async #post(event: StoreEvent, signal: AbortSignal): Promise<PostOutcome> {
    await until(this.#progress.value.notBefore, signal);
    if (signal.aborted) throw new PosterEnd();
    const { records, options } = this.#parts;
    const { url } = this.#settings;
    const body = Buffer.from(JSON.stringify(storeEventView(event)));
    const id = `${this.#id}.${event.id}`;
    // No signal: what is being posted ends, so that it is known whether it was taken.
    const posting = async () =>
      postSigned({ url, id, body, secrets: records.secretsOf(this.#id, this.#settings) }, options);
    return outcomeOf(posting());
  }

  async #failed(outcome: PostFailure): Promise<WebhookProgress> {
    const failed = afterFailure(this.#progress.value, outcome, this.#parts.options.waitsMs);
    if (outcome.kind === 'gone') await this.#disable({ ...failed, disabled: 'gone' });
    return failed;
  }

  async #disable(progress: WebhookProgress): Promise<never> {
    await this.#save(progress);
    throw new PosterEnd();
  }

  /** @throws {@link PosterEnd} when others have changed it. */
  async #save(progress: WebhookProgress): Promise<void> {
    const saved = await this.#parts.records.setProgress(this.#id, this.#progress, progress);
    if (!saved) throw new PosterEnd();
    if (saved.value.position !== this.#progress.value.position) this.#passed = null;
    this.#progress = saved;
    this.#savedAt = performance.now();
  }

  async #keepLetter(letter: WebhookLetter): Promise<void> {
    await this.#parts.records.putLetter(this.#id, letter);
    if (letter.due === null) this.#waiting.delete(letter.id);
    else this.#waiting.set(letter.id, letter.due);
    this.#lettersChanged.ring();
  }

  async #findLetters(): Promise<void> {
    for await (const { id, due } of this.#parts.records.allLetters(this.#id))
      if (due !== null) this.#waiting.set(id, due);
  }

  async #isFullOfLetters(): Promise<boolean> {
    let count = 0;
    for await (const _ of this.#parts.records.allLetters(this.#id)) if (++count >= MAX_LETTERS) return true;
    return false;
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }
}
