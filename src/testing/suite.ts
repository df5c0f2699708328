/** The ground that the engine's cases stand on: an engine for each case, accounts in it, and a check at the end. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { AccountRecord, Engine, EngineSupports, FetchOptions } from '../engine/engine.ts';
import type { AddedMessage, FetchedRecord, NewMessage } from '../engine/records.ts';
import { type ErrorCode, isEiderError } from '../errors.ts';
import { parseFlags } from '../model/flags.ts';
import type { AccountId, MailboxId, ModSeq } from '../model/ids.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import { type MadeContentOptions, makeContent } from './make-content.ts';

/** Damage that an engine's own test plants, past the engine. */
export type PlantedDamage =
  /** A mailbox's counter of messages is one too high. */
  | 'mailboxCounter'
  /** The account's octets are one too many. */
  | 'accountCounter'
  /** A message has lost its content. */
  | 'lostContent'
  /** Names of messages would be given again. */
  | 'nextId'
  /** A mailbox hands out a UID again. */
  | 'uidNext'
  /** The annotation `/private/stray` belongs to a mailbox that never was. */
  | 'strayAnnotation';

/** One engine, opened for one case. */
export interface EngineHarness {
  readonly engine: Engine;
  /** Closes nothing; opens what the engine keeps once more, as after a restart or in another process. */
  reopen?(): Promise<Engine>;
  /** Harms an account that has an INBOX with messages. Nobody has a transaction open meanwhile. */
  plant?(account: AccountId, damage: PlantedDamage): Promise<void>;
  /** Removes what the case left, after all engines are closed. */
  dispose?(): Promise<void>;
}

/** What the suite asks of a test framework: `describe` and `it` of vitest, mocha, node:test and their like. */
export interface TestFramework {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: {
    (name: string, body: () => Promise<void>): unknown;
    skip(name: string, body: () => Promise<void>): unknown;
  };
}

/** Options of the engine suite. */
export interface EngineSuiteOptions extends TestFramework {
  /** What the engine's manifest will say; cases of what it lacks are skipped by name. */
  readonly supports: EngineSupports;
  /** Whether the harness has {@link EngineHarness.plant}. @defaultValue false: cases of damage are skipped by name */
  readonly plants?: boolean;
  /** Opens an empty engine; called for each case. */
  open(): Promise<EngineHarness>;
}

/** Registers cases. */
export class Suite {
  readonly #options: EngineSuiteOptions;

  constructor(options: EngineSuiteOptions) {
    this.#options = options;
  }

  group(name: string, body: () => void): void {
    this.#options.describe(name, body);
  }

  /** A case; skipped, with its reason in the name, when the engine lacks what it `needs`. */
  test(name: string, work: (t: SuiteContext) => Promise<void>, needs?: keyof EngineSupports | 'plant'): void {
    const { it, supports, plants } = this.#options;
    const run = (): Promise<void> => this.#run(work);
    const has = { ...supports, plant: plants ?? false };
    if (needs && !has[needs]) it.skip(`${name} (the engine has no ${needs})`, run);
    else it(name, run);
  }

  async #run(work: (t: SuiteContext) => Promise<void>): Promise<void> {
    const harness = await this.#options.open();
    const t = new SuiteContext(harness);
    try {
      await work(t);
      await t.assertClean();
    } finally {
      await t.close();
      await harness.dispose?.();
    }
  }
}

/** What a new message of a case is made of. */
export interface MadeMessage extends MadeContentOptions {
  /** Decides what is not given. */
  readonly seed?: number;
  readonly flags?: readonly string[];
  /** Milliseconds since 1970. */
  readonly internalDate?: number;
  readonly threadId?: number;
}

/** What a case works with. */
export class SuiteContext {
  readonly harness: EngineHarness;
  readonly engine: Engine;
  /** Accounts whose check must find nothing when the case has ended. */
  readonly accounts: Set<AccountId> = new Set();
  readonly #engines: Engine[];
  #seed = 0;

  constructor(harness: EngineHarness) {
    this.harness = harness;
    this.engine = harness.engine;
    this.#engines = [harness.engine];
  }

  /** Makes an account without mailboxes. */
  async account(patch: Partial<AccountRecord> = {}): Promise<AccountId> {
    const record = accountRecord(patch);
    await this.engine.directory.create(record);
    this.accounts.add(record.id);
    return record.id;
  }

  /** Makes an account with an INBOX; the usual beginning. */
  async inbox(): Promise<{ account: AccountId; inbox: Mailbox }> {
    const account = await this.account();
    return { account, inbox: await this.mailbox(account, 'INBOX') };
  }

  mailbox(account: AccountId, path: string): Promise<Mailbox> {
    return this.engine.write(account, (tx) => tx.createMailbox(path, null));
  }

  /** Adds messages in one transaction. */
  add(account: AccountId, mailbox: MailboxId, messages: readonly MadeMessage[]): Promise<AddedMessage[]> {
    const made = messages.map((message) => this.message(message));
    return this.engine.write(account, (tx) => tx.add(mailbox, made));
  }

  /** A message for `tx.add`. */
  message(message: MadeMessage = {}): NewMessage {
    const seed = message.seed ?? ++this.#seed;
    return {
      content: makeContent(seed, message),
      flags: parseFlags(message.flags ?? []),
      internalDate: message.internalDate ?? 1_700_000_000_000 + seed * 1000,
      threadId: message.threadId ?? 0,
    };
  }

  /** All messages of a mailbox. */
  all(account: AccountId, mailbox: MailboxId, fields: Partial<FetchOptions> = {}): Promise<FetchedRecord[]> {
    return this.engine.read(account, (tx) => tx.fetch(mailbox, ALL, { limit: 1_000_000, ...fields }));
  }

  async modSeq(account: AccountId, engine: Engine = this.engine): Promise<ModSeq> {
    return (await engine.read(account, (tx) => tx.state())).modSeq;
  }

  async current(account: AccountId, mailbox: MailboxId): Promise<Mailbox> {
    const found = await this.engine.read(account, (tx) => tx.mailbox(mailbox));
    assert.ok(found, 'the mailbox is there');
    return found;
  }

  /** A second engine over the same data; closed with the case. */
  async reopen(): Promise<Engine> {
    assert.ok(this.harness.reopen, 'an engine with persistence gives the suite a way to reopen it');
    const engine = await this.harness.reopen();
    this.#engines.push(engine);
    return engine;
  }

  async assertClean(): Promise<void> {
    for (const account of this.accounts) {
      assert.deepEqual(await this.engine.read(account, (tx) => tx.check()), [], 'a check finds nothing');
    }
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) await engine.close();
  }
}

/** Every UID. */
export const ALL: UidSet = UidSet.range(1, 0xffffffff);

/** A directory record with a name of its own. */
export function accountRecord(patch: Partial<AccountRecord> = {}): AccountRecord {
  const id = patch.id ?? `a${randomBytes(8).toString('hex')}`;
  return {
    id,
    name: id,
    addresses: [`${id}@made.example`],
    limits: { octets: null, messages: null },
    copies: 'label',
    created: 1_700_000_000_000,
    passwordHash: null,
    ...patch,
  };
}

/** Asserts that `work` rejects with an EiderError of `code`. */
export async function rejects(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(isEiderError(error, code), `expected ${code}, got ${error instanceof Error ? error.stack : error}`);
    return true;
  });
}

/** Waits until `condition` holds; fails after `ms` milliseconds. */
export async function eventually(condition: () => boolean, ms = 5000): Promise<void> {
  const until = Date.now() + ms;
  while (!condition()) {
    assert.ok(Date.now() < until, `still not so after ${ms} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
