/** A client of lines alone, beside the one that is tested: puts mail in, changes it, and tells octet by octet what is there. */

import { LineClient } from '../imap/line-client.ts';
import { NAME, PASSWORD } from './server.ts';

/** A message as the server has it. */
export interface SeenMessage {
  readonly uid: number;
  /** Sorted, without `\Recent`. */
  readonly flags: readonly string[];
  /** Its octets, each a character. */
  readonly octets: string;
}

/** A session of the account. */
export class Observer {
  readonly #lines: LineClient;
  #commands = 0;

  private constructor(port: number) {
    this.#lines = new LineClient(port);
  }

  /** Connects and logs in. */
  static async open(port: number): Promise<Observer> {
    const observer = new Observer(port);
    await observer.#lines.line();
    await observer.run(`LOGIN ${NAME} ${PASSWORD}`);
    return observer;
  }

  /** Runs a command in no mailbox or in the one that `change` has left open; rejects when it is refused. */
  async run(command: string): Promise<string[]> {
    const tag = `o${this.#commands++}`;
    return accepted(command, await this.#lines.run(tag, command));
  }

  /** Runs a command in a mailbox. */
  async change(mailbox: string, command: string): Promise<string[]> {
    await this.run(`SELECT "${mailbox}"`);
    return this.run(command);
  }

  /** Stores a message, each character an octet. */
  async append(mailbox: string, octets: string, flags = ''): Promise<void> {
    const tag = `o${this.#commands++}`;
    this.#lines.send(`${tag} APPEND "${mailbox}" (${flags}) {${octets.length}+}\r\n${octets}\r\n`);
    accepted('APPEND', await this.#lines.until(tag));
  }

  /** All messages of a mailbox, ascending. */
  async messages(mailbox: string): Promise<SeenMessage[]> {
    await this.run(`EXAMINE "${mailbox}"`);
    const seen = await this.#fetchAll();
    await this.run('UNSELECT');
    return seen;
  }

  /** The octets of all messages of a mailbox, ascending by UID. */
  async octets(mailbox: string): Promise<string[]> {
    return (await this.messages(mailbox)).map((message) => message.octets);
  }

  close(): void {
    this.#lines.destroy();
  }

  async #fetchAll(): Promise<SeenMessage[]> {
    const tag = `o${this.#commands++}`;
    this.#lines.send(`${tag} UID FETCH 1:* (UID FLAGS BODY.PEEK[])\r\n`);
    const seen: SeenMessage[] = [];
    for (;;) {
      const line = (await this.#lines.line()) ?? '';
      if (line.startsWith(`${tag} OK`)) return seen;
      const size = /\{(\d+)\}$/.exec(line)?.[1];
      const octets = size === undefined ? '' : await this.#lines.octets(Number(size));
      const text = size === undefined ? line : line + (await this.#lines.line());
      const uid = Number(/UID (\d+)/.exec(text)?.[1]);
      const flags = (/FLAGS \(([^)]*)\)/.exec(text)?.[1] ?? '')
        .split(' ')
        .filter((flag) => flag && flag !== '\\Recent');
      if (!(uid > 0)) throw new Error(`no message: ${JSON.stringify(line)}`);
      seen.push({ uid, flags: flags.sort(), octets });
    }
  }
}

function accepted(command: string, lines: string[]): string[] {
  if (!/^\S+ OK\b/.test(lines.at(-1) ?? '')) throw new Error(`${command}: ${lines.at(-1)}`);
  return lines;
}
