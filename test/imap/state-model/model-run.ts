/** A run: sessions of one account that are given steps, and what they are told held against the model. */

import { expect } from 'vitest';
import type { Account } from '../../../src/model/account.ts';
import { UidSet } from '../../../src/model/uid-set.ts';
import type { ImapFixture } from '../imap-fixture.ts';
import { AccountModel } from './account-model.ts';
import { type Answered, checkTagged, checkUntagged } from './check-answer.ts';
import { adoptNumbers, differences, readStored, type StoredAccount } from './compare-with-store.ts';
import { type Answer, ModelClient } from './model-client.ts';
import { type ModelSession, predict } from './predict.ts';
import {
  habitOf,
  type RandomCommand,
  type RandomDialect,
  type RandomHabit,
  type RandomStart,
  type RandomStep,
  type RandomTurn,
} from './random-commands.ts';
import { applySilentStore } from './silent-store.ts';
import { needsUids, type WrittenCommand, writeCommand } from './write-command.ts';

interface Session {
  client: ModelClient;
  model: ModelSession;
  readonly dialect: RandomDialect;
}

const QUIET = { keepsNumbers: false, selects: false } as const;
const LOG_LINES = 60;
const SELECT_INBOX: RandomCommand = { kind: 'select', mailbox: 0, readOnly: false, how: 'plain', back: 0 };
const FETCH_ALL: RandomCommand = {
  kind: 'fetch',
  set: { uid: true, picks: [0], range: true },
  items: 'UID FLAGS',
  changedSince: null,
};

/** One account, its sessions and its model. */
export class ModelRun {
  readonly #fixture: ImapFixture;
  readonly #account: Account;
  readonly #log: string[] = [];
  readonly #sessions: Session[] = [];
  #model = new AccountModel();
  #stored: StoredAccount = { mailboxes: [], subscriptions: [] };
  /** Commands that were run. */
  commands = 0;

  private constructor(fixture: ImapFixture, account: Account) {
    this.#fixture = fixture;
    this.#account = account;
  }

  /** Runs all steps on a new account. @throws with what was said last, when anything is wrong. Gives the commands run. */
  static async run(fixture: ImapFixture, start: RandomStart, steps: readonly RandomStep[]): Promise<number> {
    const run = new ModelRun(fixture, await fixture.account());
    try {
      await run.#begin(start);
      for (const step of steps) await run.#step(step, new Set(start.without));
      await run.#end();
      return run.commands;
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}\n${run.#log.slice(-LOG_LINES).join('\n')}`, {
        cause: error,
      });
    } finally {
      for (const { client } of run.#sessions) client.destroy();
      await fixture.store.accounts.remove(run.#account.id);
    }
  }

  async #begin({ dialects, flags }: RandomStart): Promise<void> {
    const { store } = this.#fixture;
    await this.#fixture.fill(this.#account, 'INBOX', 3);
    await store.storeFlags(this.#account.id, 'INBOX', UidSet.range(1, 3), { mode: 'replace', flags });
    this.#stored = await readStored(store, this.#account.id);
    for (const { path, uidNext, messages } of this.#stored.mailboxes) {
      const mailbox = this.#model.create(path);
      mailbox.uidNext = uidNext;
      for (const { uid, modSeq } of messages)
        this.#model.adopt(
          mailbox,
          { uid, deleted: false, modSeq },
          { flags: new Set(flags), size: await this.#sizeOf(uid) },
        );
    }
    this.#model.subscriptions = new Set(this.#stored.subscriptions);
    adoptNumbers(this.#model, this.#stored);
    for (const dialect of dialects) {
      const session = { dialect, model: { selected: null, readOnly: false } } as unknown as Session;
      this.#sessions.push(session);
      await this.#connect(session);
      await this.#alone({ session: this.#sessions.length - 1, command: SELECT_INBOX });
    }
  }

  async #sizeOf(uid: number): Promise<number> {
    const { store } = this.#fixture;
    for await (const { size } of store.fetch(this.#account.id, 'INBOX', UidSet.of(uid))) return size;
    return 0;
  }

  async #connect(session: Session): Promise<void> {
    const index = this.#sessions.indexOf(session);
    const name = `${'abcd'[index]}`;
    session.client = await ModelClient.open(this.#fixture.port, this.#account.name, name, this.#log);
    session.model = { selected: null, readOnly: false };
    const { client, dialect } = session;
    if (dialect === 'plain') return;
    const enabled = { condstore: 'CONDSTORE', qresync: 'QRESYNC', uidOnly: 'UIDONLY', both: 'QRESYNC UIDONLY' };
    await client.run(`ENABLE ${enabled[dialect]}`, QUIET);
    client.dialect.condstore = dialect !== 'uidOnly';
    client.dialect.qresync = dialect === 'qresync' || dialect === 'both';
    client.dialect.uidOnly = dialect === 'uidOnly' || dialect === 'both';
  }

  async #step(step: RandomStep, without: ReadonlySet<RandomHabit>): Promise<void> {
    const turns = (step.kind === 'alone' ? [step.turn] : step.turns).filter(
      ({ command }) => !without.has(habitOf(command)),
    );
    if (step.kind === 'idle') await this.#idle(step.session, turns);
    else if (turns.length > 0) await this.#together(turns);
  }

  async #alone({ session: index, command }: RandomTurn): Promise<void> {
    await this.#turns([[this.#session(index), command]]);
  }

  async #together(turns: readonly RandomTurn[]): Promise<void> {
    const bySession = new Map(turns.map(({ session, command }) => [this.#session(session), command]));
    await this.#turns([...bySession]);
  }

  /** Others do something while one session waits: it has to hear of all of it. */
  async #idle(index: number, turns: readonly RandomTurn[]): Promise<void> {
    const idle = this.#session(index);
    const tag = await idle.client.beginIdle();
    for (const turn of turns) {
      const session = this.#session(turn.session);
      if (session !== idle) await this.#turns([[session, turn.command]]);
    }
    const stays = await idle.client.idleUntil(() => this.#behind(idle).length === 0 && !this.#isGone(idle));
    if (!stays) return this.#connect(idle);
    const answer = await idle.client.endIdle(tag);
    this.commands++;
    expect(answer.status).toBe('OK');
    expect(this.#behind(idle)).toEqual([]);
  }

  /** Runs commands of different sessions at once; some order of them has to explain what came of it. */
  async #turns(turns: readonly (readonly [Session, RandomCommand])[]): Promise<void> {
    for (const [session, command] of turns) if (needsUids(command)) await this.#learn(session);
    const written = turns.map(([{ client }, command]) => writeCommand(command, client, this.#model));
    const answers = await Promise.all(
      turns.map(([{ client }], index) =>
        client.run((written[index] as WrittenCommand).text, (written[index] as WrittenCommand).running),
      ),
    );
    this.commands += turns.length;
    this.#stored = await readStored(this.#fixture.store, this.#account.id);
    const reasons: string[][] = [];
    for (const order of permutations(turns.map((_, index) => index))) {
      const found = this.#explain(turns, written, answers, order);
      if (found.length === 0) break;
      reasons.push(found);
      if (reasons.length === factorial(turns.length))
        throw new Error(reasons.map((each) => each.join('\n')).join('\nor\n'));
    }
    for (const [index, [session]] of turns.entries())
      await this.#afterwards(session, written[index] as WrittenCommand, answers[index] as Answer, turns.length === 1);
  }

  /** What contradicts an order of commands; when nothing does, it is what happened. */
  #explain(
    turns: readonly (readonly [Session, unknown])[],
    written: readonly WrittenCommand[],
    answers: readonly Answer[],
    order: readonly number[],
  ): string[] {
    const model = this.#model.clone();
    const sessions = turns.map(([session]) => ({ ...session.model }));
    const answered = order.map((index): Answered => {
      const prediction = predict(model, sessions[index] as ModelSession, written[index] as WrittenCommand);
      const [{ client }] = turns[index] as [Session, unknown];
      return { written: written[index] as WrittenCommand, prediction, answer: answers[index] as Answer, client };
    });
    const found = [...answered.flatMap(checkTagged), ...differences(model, this.#stored)];
    if (found.length > 0) return found;
    adoptNumbers(model, this.#stored);
    if (answered.length === 1) found.push(...checkUntagged(model, answered[0] as Answered));
    if (found.length > 0) return found;
    this.#model = model;
    for (const [index, [session]] of turns.entries()) session.model = sessions[index] as ModelSession;
    return [];
  }

  async #afterwards(session: Session, written: WrittenCommand, answer: Answer, alone: boolean): Promise<void> {
    const { client, model } = session;
    if (answer.bye) {
      expect(this.#isGone(session), 'only a mailbox that is gone ends a session').toBe(true);
      return this.#connect(session);
    }
    expect(alone && this.#isGone(session), 'a session whose mailbox is gone is ended').toBe(false);
    if (model.selected === null) client.forget();
    if (answer.status === 'OK' && /CONDSTORE|QRESYNC|MODSEQ|SINCE/.test(written.text)) client.dialect.condstore = true;
    applySilentStore(client, written, answer);
    if (alone && written.command.kind === 'noop') expect(this.#behind(session)).toEqual([]);
  }

  /** Asks for UIDs and flags of messages that it was only told to be there; for sizes too, so that the server does not read all flags. */
  async #learn(session: Session): Promise<void> {
    const { client } = session;
    for (let tries = 0; client.view.hasUnknown && tries < 5; tries++) {
      const { slots } = client.view;
      const last = slots.length;
      const first = slots.findIndex(({ uid }) => uid === 0) + 1;
      const answer = client.dialect.uidOnly
        ? await client.run('UID FETCH 1:* (FLAGS RFC822.SIZE)', QUIET)
        : await client.run(`FETCH ${first}:${last} (UID FLAGS RFC822.SIZE)`, { keepsNumbers: true, selects: false });
      if (answer.bye) return this.#connect(session);
      expect(answer.status).toBe('OK');
      if (!client.dialect.uidOnly) client.view.noteGone(first, last);
    }
    expect(client.view.hasUnknown).toBe(false);
  }

  async #end(): Promise<void> {
    for (const index of this.#sessions.keys()) {
      await this.#alone({ session: index, command: { kind: 'noop' } });
      await this.#alone({ session: index, command: SELECT_INBOX });
      await this.#alone({ session: index, command: FETCH_ALL });
      await this.#alone({ session: index, command: { kind: 'noop' } });
    }
    for await (const finding of this.#fixture.store.maintenance.check({ account: this.#account.id }))
      throw new Error(`the store is not sound: ${JSON.stringify(finding)}`);
  }

  #session(index: number): Session {
    return this.#sessions[index % this.#sessions.length] as Session;
  }

  #isGone({ model }: Session): boolean {
    return model.selected !== null && this.#model.byId(model.selected) === null;
  }

  /** What a session has not heard of its mailbox. */
  #behind({ client, model }: Session): string[] {
    const mailbox = this.#model.byId(model.selected);
    const stored = mailbox && this.#stored.mailboxes.find(({ path }) => path === mailbox.path);
    return stored ? client.view.differences(stored.messages) : [];
  }
}

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

function factorial(count: number): number {
  return count <= 1 ? 1 : count * factorial(count - 1);
}
