/** A session whose answers are responses with their literals, of whichever server. */

import { LineClient } from '../imap/line-client.ts';
import type { RawResponse } from './response-tree.ts';
import { NAME, PASSWORD } from './server.ts';

/** What a command was answered with. */
export interface Answer {
  /** OK, NO or BAD; BYE when the server has closed the connection. */
  readonly status: string;
  /** The tagged response without its tag. */
  readonly tagged: string;
  readonly untagged: readonly RawResponse[];
}

/** How long a response may take, in milliseconds. */
const PATIENCE = 20_000;

/**
 * A session. Its commands go one after the other: where FETCHes come all at once, Dovecot tags the first after the
 * answer to the second.
 */
export class TreeSession {
  readonly #port: number;
  #lines: LineClient;
  #commands = 0;
  #examined: string | null = null;

  private constructor(port: number) {
    this.#port = port;
    this.#lines = new LineClient(port);
  }

  /** Connects; logs in where the greeting is not PREAUTH. */
  static async open(port: number): Promise<TreeSession> {
    const session = new TreeSession(port);
    await session.#login();
    return session;
  }

  /** Opens a mailbox for reading; also again, should the server close the connection. */
  async examine(mailbox: string): Promise<void> {
    this.#examined = mailbox;
    await this.accepted(`EXAMINE ${mailbox}`);
  }

  /** Runs a command. */
  async run(command: string): Promise<Answer> {
    const tag = `t${this.#commands++}`;
    this.#lines.send(`${tag} ${command}\r\n`);
    const untagged: RawResponse[] = [];
    for (;;) {
      const response = await this.#response();
      if (response === null) {
        await this.reopen();
        return { status: 'BYE', tagged: '', untagged };
      }
      if (response.text.startsWith(`${tag} `)) {
        const tagged = response.text.slice(tag.length + 1);
        return { status: tagged.split(' ', 1)[0] as string, tagged, untagged };
      }
      if (!response.text.startsWith('* ')) throw new Error(`${command}: ${response.text.slice(0, 500)}`);
      untagged.push(response);
    }
  }

  /** Runs a command that must not be refused. */
  async accepted(command: string): Promise<void> {
    const { status, tagged } = await this.run(command);
    if (status !== 'OK') throw new Error(`${command.slice(0, 200)}: ${status} ${tagged}`);
  }

  close(): void {
    this.#lines.destroy();
  }

  async #login(): Promise<void> {
    const greeting = await this.#response();
    if (!greeting?.text.startsWith('* PREAUTH')) await this.accepted(`LOGIN ${NAME} ${PASSWORD}`);
  }

  /** Connects anew, into the same mailbox. */
  async reopen(): Promise<void> {
    this.#lines.destroy();
    this.#lines = new LineClient(this.#port);
    await this.#login();
    if (this.#examined !== null) await this.accepted(`EXAMINE ${this.#examined}`);
  }

  /** The next response; `null` when the server has closed the connection. */
  async #response(): Promise<RawResponse | null> {
    let text = '';
    const literals: string[] = [];
    for (;;) {
      const line = await this.#lines.line(PATIENCE);
      if (line === null) return null;
      text += line;
      const size = /\{(\d+)\}$/.exec(line)?.[1];
      if (size === undefined) return { text, literals };
      literals.push(await this.#lines.octets(Number(size)));
    }
  }
}
