/** Tells a session of annotations that others have changed. RFC 5464 section 4.4.2, RFC 5465 sections 5.6 and 5.7. */

import { isEiderError } from '../errors.ts';
import type { Change } from '../model/change.ts';
import type { MailboxId, ModSeq } from '../model/ids.ts';
import type { Session } from './session.ts';
import { astring, formatMailbox } from './wire/write-string.ts';

/** What a session that asked for them has been told of annotations. */
export class MetadataNews {
  /** METADATA was enabled: all of them are told, beside what NOTIFY asks for. */
  enabled = false;
  readonly #session: Session;
  /** Everything up to here was told. */
  #position: ModSeq;
  /** Changes of the session itself above that. */
  readonly #own = new Set<ModSeq>();

  private constructor(session: Session, position: ModSeq) {
    this.#session = session;
    this.#position = position;
  }

  /** Begins with what happens from now on. */
  static async begin(session: Session): Promise<MetadataNews> {
    return new MetadataNews(session, await session.store.modSeq(session.accountId));
  }

  /** What a session has changed itself is no news to it. */
  skip(modSeq: ModSeq): void {
    if (modSeq === this.#position + 1) this.#position = modSeq;
    else this.#own.add(modSeq);
  }

  /** Writes what is new; with `poll`, after asking the store even if nothing was heard. */
  async tell(poll: boolean): Promise<void> {
    const { store, accountId, watch } = this.#session;
    if (!poll && (watch?.modSeq ?? 0) <= this.#position) return;
    for (let more = true; more; ) {
      try {
        const page = await store.changesSince(accountId, this.#position);
        await this.#write(page.changes);
        this.#position = page.modSeq;
        more = page.more;
      } catch (error) {
        if (!isEiderError(error, 'LIMIT_EXCEEDED')) throw error;
        // Records that old were dropped: nobody can say any more.
        this.#position = await store.modSeq(accountId);
      }
    }
    this.#own.clear();
  }

  async #write(changes: readonly Change[]): Promise<void> {
    const news = new Map<MailboxId | null, Set<string>>();
    for (const { modSeq, items } of changes) {
      if (this.#own.has(modSeq)) continue;
      for (const item of items) {
        if (item.type !== 'metadata') continue;
        const names = news.get(item.mailboxId) ?? new Set();
        for (const name of item.names) names.add(name);
        news.set(item.mailboxId, names);
      }
    }
    if (news.size === 0) return;
    const { store, accountId, out, utf8 } = this.#session;
    const mailboxes = await store.mailboxes(accountId);
    const paths = new Map<MailboxId | null, string>(mailboxes.map(({ id, path }) => [id, path]));
    paths.set(null, '');
    for (const [id, names] of news) {
      const path = paths.get(id);
      // The mailbox went after it was changed.
      if (path === undefined || !(this.enabled || this.#session.notifier?.wantsMetadata(path || null))) continue;
      out.write(`* METADATA ${formatMailbox(path, utf8)} ${[...names].map((name) => astring(name)).join(' ')}\r\n`);
      if (out.full) await out.drain();
    }
  }
}
