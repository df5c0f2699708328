/** Posts to all webhooks of a store, each by a poster of its own, in whichever process has the lease. */

import { Wake } from '../store/wake.ts';
import type { PosterLease } from './poster-lease.ts';
import { until } from './until.ts';
import { type PosterParts, WebhookPoster } from './webhook-poster.ts';
import type { Versioned, WebhookSettings } from './webhook-records.ts';

/** What other processes say of webhooks is looked for so often, in milliseconds. */
const LOOK_MS = 2_000;

/** A poster that runs, or has ended because there is nothing to do. */
interface Running {
  readonly version: number;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  poster: WebhookPoster | null;
  /** To be begun again. */
  hasFallen: boolean;
}

/** See {@link Webhooks.start}. */
export class WebhookRunner {
  readonly #parts: PosterParts;
  readonly #lease: PosterLease;
  readonly #running = new Map<string, Running>();
  readonly #changed = new Wake();

  constructor(parts: PosterParts, lease: PosterLease) {
    this.#parts = parts;
    this.#lease = lease;
  }

  /** To be called after this process has said something of a webhook. */
  changed(): void {
    this.#changed.ring();
  }

  /** Runs until the signal comes; resolves when the posts that are under way have ended. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const heard = this.#changed.next();
      // The engine may be away: it is asked again.
      await this.#look(signal).catch(() => {});
      await until(Date.now() + LOOK_MS, signal, this.#changed, heard);
    }
    await this.#endAll();
    await this.#lease.release().catch(() => {});
  }

  async #look(signal: AbortSignal): Promise<void> {
    const webhooks = await this.#parts.records.list();
    const isMine = webhooks.size > 0 && (await this.#holds());
    const passed = [...this.#running]
      .filter(([id, { version, hasFallen }]) => !isMine || hasFallen || webhooks.get(id)?.version !== version)
      .map(([id]) => id);
    await Promise.all(passed.map((id) => this.#end(id)));
    for (const id of passed) if (!webhooks.has(id)) await this.#parts.records.clear(id);
    if (webhooks.size === 0) await this.#lease.release();
    if (!isMine || signal.aborted) return;
    for (const [id, settings] of webhooks) {
      const running = this.#running.get(id);
      if (running) running.poster?.keepUp();
      else this.#begin(id, settings);
    }
  }

  async #holds(): Promise<boolean> {
    try {
      return await this.#lease.hold();
    } catch {
      return false;
    }
  }

  #begin(id: string, { value, version }: Versioned<WebhookSettings>): void {
    const stop = new AbortController();
    const ended = WebhookPoster.run(this.#parts, id, value, stop.signal, (poster) => {
      running.poster = poster;
    }).then(
      (isLeft) => {
        running.hasFallen = isLeft;
      },
      () => {
        running.hasFallen = true;
      },
    );
    const running: Running = { version, stop, ended, poster: null, hasFallen: false };
    this.#running.set(id, running);
  }

  async #end(id: string): Promise<void> {
    const running = this.#running.get(id);
    running?.stop.abort();
    await running?.ended;
    this.#running.delete(id);
  }

  async #endAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.#end(id)));
  }
}
