/** Replays every file of `test/transcripts`. */

import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '../../src/model/account.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { type ImapFixture, startImap } from './imap-fixture.ts';
import type { LineClient } from './line-client.ts';
import { type Case, expectLine, parseTranscript, type Step, Variables } from './transcript.ts';

const FOLDER = new URL('../transcripts/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

test('there are transcripts', () => {
  expect(FILES.length).toBeGreaterThan(10);
});

for (const file of FILES) {
  describe(file, () => {
    let fixture: ImapFixture;
    beforeAll(async () => {
      fixture = await startImap();
    });
    afterAll(() => fixture[Symbol.asyncDispose]());
    for (const each of parseTranscript(readFileSync(new URL(file, FOLDER), 'utf8'))) {
      test(each.title, () => new Replay(fixture, file, each).run());
    }
  });
}

/** One run of a case. */
class Replay {
  readonly #fixture: ImapFixture;
  readonly #file: string;
  readonly #case: Case;
  readonly #variables = new Variables();
  readonly #clients = new Map<string, LineClient>();
  #account!: Account;
  #anonymous = false;

  constructor(fixture: ImapFixture, file: string, each: Case) {
    this.#fixture = fixture;
    this.#file = file;
    this.#case = each;
  }

  async run(): Promise<void> {
    this.#account = await this.#fixture.account();
    this.#variables.set('account', this.#account.name);
    expect(this.#case.steps.some(({ kind }) => kind === 'expect')).toBe(true);
    for (const step of this.#case.steps) await this.#step(step);
    for (const client of this.#clients.values()) {
      expect(client.buffer, 'said after the last line').toBe('');
      client.destroy();
    }
  }

  async #step(step: Step): Promise<void> {
    const where = `${this.#file}:${step.line}`;
    if (step.kind === 'directive') return this.#direct(step.text, where);
    const client = await this.#client(step.client);
    const octets = Buffer.from(step.text).toString('latin1');
    if (step.kind === 'expect') return expectLine(client, octets, this.#variables, where);
    if (step.kind === 'send') client.send(`${this.#variables.fill(octets)}\r\n`);
    else client.send(this.#variables.fill(Buffer.from(JSON.parse(step.text) as string, 'latin1').toString('latin1')));
  }

  async #client(name: string): Promise<LineClient> {
    let client = this.#clients.get(name);
    if (!client) {
      client = this.#anonymous ? await this.#fixture.connect() : await this.#fixture.login(this.#account);
      this.#clients.set(name, client);
    }
    return client;
  }

  async #direct(text: string, where: string): Promise<void> {
    const { store } = this.#fixture;
    const { id } = this.#account;
    const [verb, path = '', ...rest] = text.split(' ');
    switch (verb) {
      case 'anonymous':
        this.#anonymous = true;
        return;
      case 'fill':
        return this.#fixture.fill(this.#account, path, Number(rest[0]));
      case 'select':
        for (const name of rest.length > 0 ? rest : ['C']) {
          const lines = await (await this.#client(name.slice(1))).run('select', `SELECT ${path}`);
          expect(lines.at(-1), where).toMatch(/^select OK/);
        }
        return;
      case 'flags':
        await store.storeFlags(id, path, UidSet.parse(rest[0] as string), { mode: 'add', flags: rest.slice(1) });
        return;
      case 'expunge':
        await store.expunge(id, path, UidSet.parse(rest[0] as string), { any: true });
        return;
      case 'message': {
        const date = `Date: 1 Jan 2024 ${rest[0]}:00:00 +0000`;
        await store.append(id, path, `${[date, ...rest.slice(1).join(' ').split('|')].join('\r\n')}\r\n\r\n`);
        return;
      }
      case 'octets':
        (await this.#client(path.slice(1))).send((rest[0] as string).repeat(Number(rest[1])));
        return;
      case 'forget':
        await store.maintenance.sweep({ changesMs: -1 });
        return;
      case 'limit':
        await store.accounts.update(id, { limits: { octets: Number(path) } });
        return;
      default:
        throw new Error(`${where}: unknown directive ${verb}`);
    }
  }
}
