/** A session's client: sends commands, and follows its mailbox by what it is told. */

import { expect } from 'vitest';
import { UidSet } from '../../../src/model/uid-set.ts';
import { LineClient } from '../line-client.ts';
import { flagText } from './account-model.ts';
import { type Dialect, MailboxSlots, type ToldMessage } from './mailbox-slots.ts';

/** All that a command was answered. */
export interface Answer {
  /** Of the tagged response. */
  readonly status: string;
  /** Response code without brackets, `''` without one. */
  readonly code: string;
  /** Untagged responses, literals left out. */
  readonly lines: readonly string[];
  readonly fetched: readonly ToldMessage[];
  /** The session was ended behind the answer. */
  readonly bye: boolean;
}

/** What a client knows of the command that it runs. */
export interface Running {
  /** No EXPUNGE while it runs. RFC 9051 section 7.5.1. */
  readonly keepsNumbers: boolean;
  /** It opens a mailbox. */
  readonly selects: boolean;
}

/** A connection that has logged in, and its view of the mailbox that it has selected. */
export class ModelClient {
  readonly dialect: Dialect = { condstore: false, qresync: false, uidOnly: false };
  view: MailboxSlots = new MailboxSlots(this.dialect);
  /** Said and heard, the latest last. */
  readonly log: string[];
  readonly name: string;
  readonly #line: LineClient;
  #tags = 0;

  private constructor(name: string, line: LineClient, log: string[]) {
    this.name = name;
    this.#line = line;
    this.log = log;
  }

  static async open(port: number, account: string, name: string, log: string[]): Promise<ModelClient> {
    const line = new LineClient(port);
    await line.line();
    const client = new ModelClient(name, line, log);
    const { status } = await client.run(`LOGIN ${account} secret`, { keepsNumbers: false, selects: false });
    expect(status).toBe('OK');
    return client;
  }

  destroy(): void {
    this.#line.destroy();
  }

  /** Runs a command and takes in all that was said up to its tagged response. */
  async run(command: string, running: Running): Promise<Answer> {
    const tag = `${this.name}${++this.#tags}`;
    this.#send(`${tag} ${command}\r\n`);
    return this.#answer(tag, running);
  }

  /** Begins IDLE; resolves when it has begun. */
  async beginIdle(): Promise<string> {
    const tag = `${this.name}${++this.#tags}`;
    this.#send(`${tag} IDLE\r\n`);
    expect(await this.#next()).toBe('+ idling');
    return tag;
  }

  /** Takes in what is told during IDLE until `ready`; `false` when the session is ended. */
  async idleUntil(ready: () => boolean): Promise<boolean> {
    while (!ready()) {
      const line = await this.#next();
      if (line === null) return false;
      if (!line.startsWith('* BYE')) this.#take(line, { keepsNumbers: false, selects: false }, []);
    }
    return true;
  }

  async endIdle(tag: string): Promise<Answer> {
    this.#send('DONE\r\n');
    return this.#answer(tag, { keepsNumbers: false, selects: false });
  }

  /** Forgets the mailbox: none is selected. */
  forget(): void {
    this.view = new MailboxSlots(this.dialect);
  }

  async #answer(tag: string, running: Running): Promise<Answer> {
    const lines: string[] = [];
    const fetched: ToldMessage[] = [];
    let untaggedOk = '';
    for (;;) {
      const line = await this.#next();
      if (line === null) throw new Error(`${this.name} was closed before ${tag} was answered`);
      const tagged = new RegExp(`^${tag} (OK|NO|BAD)(?: \\[([^\\]]*)\\])?`).exec(line);
      if (!tagged) {
        lines.push(line);
        untaggedOk = /^\* OK \[(COPYUID [^\]]*)\]/.exec(line)?.[1] ?? untaggedOk;
        this.#take(line, running, fetched);
        continue;
      }
      const bye = await this.#isEnded();
      return { status: tagged[1] as string, code: untaggedOk || (tagged[2] ?? ''), lines, fetched, bye };
    }
  }

  /** A goodbye comes with the answer, or not at all. */
  async #isEnded(): Promise<boolean> {
    if (!this.#line.buffer.startsWith('* BYE')) return false;
    await this.#next();
    expect(await this.#next(), 'nothing comes behind BYE').toBeNull();
    return true;
  }

  #take(line: string, running: Running, fetched: ToldMessage[]): void {
    const flags = /^\* FLAGS \(([^)]*)\)$/.exec(line);
    if (flags) for (const flag of (flags[1] as string).split(' ')) this.view.announced.add(flag);
    if (/^\* OK \[CLOSED\]/.test(line)) this.forget();
    const exists = /^\* (\d+) EXISTS$/.exec(line);
    if (exists && running.selects && this.view.slots.length === 0) this.#open(Number(exists[1]));
    else if (exists) this.view.exists(Number(exists[1]));
    const gone = /^\* (?:(\d+) EXPUNGE|VANISHED ([\d:,]+))$/.exec(line);
    if (gone) expect(running.keepsNumbers, `${line} while message numbers have to stay`).toBe(false);
    if (gone?.[1]) this.view.expunge(Number(gone[1]));
    else if (gone) this.view.vanished(gone[2] as string);
    const earlier = /^\* VANISHED \(EARLIER\) ([\d:,]+)$/.exec(line);
    if (earlier) for (const uid of UidSet.parse(earlier[1] as string)) expect(this.view.uids).not.toContain(uid);
    const told = toldMessage(line);
    if (!told) return;
    fetched.push(told);
    this.view.fetched(told);
  }

  #open(count: number): void {
    if (count > 0) this.view.exists(count);
  }

  #send(text: string): void {
    this.log.push(`${this.name} C: ${text.slice(0, 300).trimEnd()}`);
    this.#line.send(text);
  }

  /** The next line, literals taken out of it. */
  async #next(): Promise<string | null> {
    let text = '';
    for (;;) {
      const line = await this.#line.line();
      if (line === null) return null;
      text += line;
      const literal = /\{(\d+)\}$/.exec(line);
      if (!literal) break;
      await this.#line.octets(Number(literal[1]));
    }
    this.log.push(`${this.name} S: ${text.slice(0, 300)}`);
    return text;
  }
}

function toldMessage(line: string): ToldMessage | null {
  const fetch = /^\* (\d+) (UID)?FETCH \((.*)\)$/.exec(line);
  if (!fetch) return null;
  const number = Number(fetch[1]);
  const items = fetch[3] as string;
  const value = (pattern: RegExp): number => Number(pattern.exec(items)?.[1] ?? 0);
  const flags = /FLAGS \(([^)]*)\)/.exec(items)?.[1];
  return {
    seq: fetch[2] ? 0 : number,
    uid: fetch[2] ? number : value(/UID (\d+)/),
    flags: flags === undefined ? null : flagText(flags.match(/\S+/g) ?? []),
    modSeq: value(/MODSEQ \((\d+)\)/),
    size: value(/RFC822\.SIZE (\d+)/),
  };
}
