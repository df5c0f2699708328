/** IDLE. RFC 2177, RFC 9051 section 6.3.13. */

import { announceChanges } from '../announce-changes.ts';
import type { CommandHandler } from '../command.ts';
import type { Session } from '../session.ts';

/** Tells of changes as they happen, until the client sends a line. */
export const idle: CommandHandler = {
  name: 'IDLE',
  state: 'authenticated',
  polls: true,
  async run(session, { scanner }) {
    scanner.end();
    session.out.write('+ idling\r\n');
    const feed = new IdleFeed(session);
    try {
      const line = await session.readLine();
      // Some clients send their next command where DONE is due: it ends IDLE, and is run.
      if (line !== null && line.toUpperCase() !== 'DONE') session.reader.unread(line);
    } finally {
      await feed.end();
    }
    return { text: 'Idle no more' };
  },
};

/** Writes news of the selected mailbox while the session waits for its client. */
class IdleFeed {
  readonly #session: Session;
  readonly #timer: NodeJS.Timeout;
  readonly #stop: () => void;
  #due = true;
  #ended = false;
  #running: Promise<void>;

  constructor(session: Session) {
    this.#session = session;
    this.#stop = session.watch?.listen(() => this.#wake()) ?? (() => {});
    this.#timer = setInterval(() => this.#keepAlive(), session.limits.keepAliveMs);
    // What happened before the listener was there.
    this.#running = this.#tell();
  }

  /** Resolves when nothing will be written any more. */
  async end(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#stop();
    await this.#running;
  }

  #wake(): void {
    if (this.#due) return;
    this.#due = true;
    this.#running = this.#running.then(() => this.#tell());
  }

  /** Keeps routers from forgetting the connection, finds out when it is gone, and asks the store in case news was missed. */
  #keepAlive(): void {
    this.#session.out.write('* OK Still here\r\n');
    this.#session.out.flush();
    this.#wake();
  }

  async #tell(): Promise<void> {
    this.#due = false;
    if (this.#ended || this.#session.closing) return;
    try {
      await this.#session.view?.shared.refresh();
      if (this.#ended || this.#session.closing) return;
      await announceChanges(this.#session, { expunge: true, poll: false });
      await this.#session.feed?.tellOthers();
      this.#session.out.flush();
    } catch (error) {
      this.#session.context.logger?.error({ ...this.#session.info, err: error }, 'changes could not be read');
    }
  }
}
