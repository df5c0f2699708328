/**
 * Transcripts: what clients say and what the server must answer, line by line.
 *
 *     === A title begins a case; each has an account of its own
 *     > fill INBOX 3        3 messages, before anybody connects or in between
 *     > anonymous           the clients of this case do not log in by themselves
 *     > select INBOX C1 C2  SELECT, whose answer is not looked at
 *     > flags INBOX 2 \Seen sets flags of a UID behind the sessions' back
 *     > expunge INBOX 2     removes a UID behind the sessions' back
 *     > message INBOX 10 Subject: x|To: y   one message, sent at 10 o'clock, with these fields
 *     > octets C x 100      a client's octets, without a line end
 *     > forget              drops the records of changes
 *     C: text               a client's line; C1: and C2: are other clients
 *     C!: "text\u0000"      the same in JSON, and no line end is added
 *     S: text               the server's next line to that client
 *     S: [end]              the server closes the connection
 *     # a comment
 *
 * In a line `{{name}}` stands for anything without a blank, and for the same wherever it stands in one case; `{{}}`
 * stands for anything. `{{account}}` is the account's name.
 */

import type { LineClient } from './line-client.ts';

/** One case. */
export interface Case {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** One line of a case. */
export interface Step {
  readonly kind: 'send' | 'raw' | 'expect' | 'directive';
  /** `''`, `1`, `2`: whose line. */
  readonly client: string;
  readonly text: string;
  readonly line: number;
}

/** Reads a file. */
export function parseTranscript(text: string): Case[] {
  const cases: { title: string; steps: Step[] }[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = index + 1;
    if (raw.trim() === '' || raw.startsWith('#')) return;
    if (raw.startsWith('=== ')) {
      cases.push({ title: raw.slice(4), steps: [] });
      return;
    }
    const steps = cases.at(-1)?.steps;
    const match = /^(?:([CS])(\d?)(!?):(?: (.*))?|> (.*))$/.exec(raw);
    if (!match || !steps) throw new Error(`line ${line} of the transcript is not understood: ${raw}`);
    const [, who, client = '', bang, said = '', directive] = match;
    if (directive !== undefined) steps.push({ kind: 'directive', client: '', text: directive, line });
    else if (who === 'S') steps.push({ kind: 'expect', client, text: said, line });
    else steps.push({ kind: bang ? 'raw' : 'send', client, text: said, line });
  });
  return cases;
}

/** The values of `{{name}}` in one case. */
export class Variables {
  readonly #values = new Map<string, string>();

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** Puts in what is known. */
  fill(text: string): string {
    return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = this.#values.get(name);
      if (value === undefined) throw new Error(`{{${name}}} is not known yet`);
      return value;
    });
  }

  /** Compares, and learns what is new. */
  match(pattern: string, line: string): boolean {
    const learned: string[] = [];
    const source = pattern.replace(/\{\{(\w*)\}\}|[\\^$.*+?()[\]{}|]/g, (found, name: string | undefined) => {
      if (name === undefined) return `\\${found}`;
      if (name === '') return '.*';
      const value = this.#values.get(name);
      if (value !== undefined) return value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      learned.push(name);
      return '([^ ()\\]]+)';
    });
    const match = new RegExp(`^${source}$`).exec(line);
    if (!match) return false;
    learned.forEach((name, index) => {
      this.#values.set(name, match[index + 1] as string);
    });
    return true;
  }
}

/** The next line of `client` must be `pattern`. */
export async function expectLine(
  client: LineClient,
  pattern: string,
  variables: Variables,
  where: string,
): Promise<void> {
  const line = await client.line();
  if (pattern === '[end]') {
    if (line !== null) throw new Error(`${where}: expected the end, got: ${line}`);
    return;
  }
  if (line === null) throw new Error(`${where}: the connection was closed, expected: ${pattern}`);
  if (!variables.match(pattern, line)) throw new Error(`${where}:\n  expected: ${pattern}\n  got:      ${line}`);
}
