/** Tells what a client asked for by NOTIFY, while no command is run. RFC 5465 section 3.1. */

import { isBelow } from '../model/mailbox.ts';
import { announceChanges } from './announce-changes.ts';
import { QUOTED_DELIMITER } from './list-mailboxes.ts';
import type { AccountNames, NameNews, Notifier } from './notifier.ts';
import type { Session } from './session.ts';
import { statusResponse } from './status-response.ts';
import { formatMailbox } from './wire/write-string.ts';

/** The feed of one session, from NOTIFY SET on. Whoever runs a command pauses it meanwhile. */
export class NotifyFeed {
  readonly #session: Session;
  readonly #notifier: Notifier;
  readonly #timer: NodeJS.Timeout;
  readonly #stop: () => void;
  #paused = true;
  #due = false;
  #running: Promise<void> = Promise.resolve();

  constructor(session: Session, notifier: Notifier) {
    this.#session = session;
    this.#notifier = notifier;
    this.#stop = session.watch?.listen(() => this.#wake()) ?? (() => {});
    // In case news was missed.
    this.#timer = setInterval(() => this.#wake(), session.limits.keepAliveMs);
  }

  /** Resolves when nothing will be written until {@link NotifyFeed.resume}. */
  pause(): Promise<void> {
    this.#paused = true;
    return this.#running;
  }

  /** Goes on, with what has happened meanwhile. */
  resume(): void {
    this.#paused = false;
    if (this.#due) this.#start();
  }

  /** Tells what happened elsewhere than in the selected mailbox. */
  async tellOthers(): Promise<void> {
    const session = this.#session;
    if (!this.#notifier.watchesOthers) return;
    const now = await accountNames(session);
    const { names, statuses } = this.#notifier.compare(now, optionsOf(session));
    for (const name of names) session.out.write(listResponse(session, name, now));
    for (const { mailbox, items } of statuses) session.out.write(await statusResponse(session, mailbox, items));
    if (session.out.full) await session.out.drain();
  }

  /** Nothing is told any more. */
  end(): void {
    this.#paused = true;
    clearInterval(this.#timer);
    this.#stop();
  }

  #wake(): void {
    this.#due = true;
    if (!this.#paused) this.#start();
  }

  #start(): void {
    this.#due = false;
    this.#running = this.#running.then(() => this.#tell());
  }

  async #tell(): Promise<void> {
    const session = this.#session;
    if (this.#paused || session.closing) {
      this.#due = true;
      return;
    }
    try {
      await announceChanges(session, { expunge: !this.#notifier.selected.delayed, poll: true });
      await this.tellOthers();
      session.out.flush();
    } catch (error) {
      session.context.logger?.error({ ...session.info, err: error }, 'changes could not be read');
    }
  }
}

/** The account's mailboxes and subscriptions now. */
export async function accountNames({ store, accountId }: Session): Promise<AccountNames> {
  const [mailboxes, subscriptions] = await Promise.all([store.mailboxes(accountId), store.subscriptions(accountId)]);
  return { mailboxes, subscriptions: new Set(subscriptions) };
}

/** What decides the items of STATUS responses. */
export function optionsOf({ condstore, qresync, view }: Session): Parameters<Notifier['compare']>[1] {
  return { condstore, qresync, selected: view?.shared.id ?? null };
}

/** `* LIST (...) "/" path`, with the old name of a mailbox that was renamed. RFC 5465 section 5.4. */
function listResponse(session: Session, { path, oldPath }: NameNews, now: AccountNames): string {
  const mailbox = now.mailboxes.find((one) => one.path === path);
  const attributes = mailbox ? [] : ['\\NonExistent'];
  const below = now.mailboxes.some((one) => isBelow(one.path, path));
  attributes.push(below ? '\\HasChildren' : '\\HasNoChildren');
  if (now.subscriptions.has(path)) attributes.push('\\Subscribed');
  if (mailbox?.specialUse) attributes.push(mailbox.specialUse);
  const old = oldPath === null ? '' : ` ("OLDNAME" (${formatMailbox(oldPath, session.utf8)}))`;
  return `* LIST (${attributes.join(' ')}) ${QUOTED_DELIMITER} ${formatMailbox(path, session.utf8)}${old}\r\n`;
}
