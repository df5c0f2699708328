/** What tests of transfers work with: an account that has everything, all that can be learned of it, and kills. */

import { createHash } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import type { AccountTransfer } from '../../src/engine/account-transfer.ts';
import type { Vault } from '../../src/engine/vault.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import { type OpenStoreOptions, openParts } from '../../src/open-store.ts';
import type { StoreContext } from '../../src/store/context.ts';
import { Store } from '../../src/store/store.ts';
import { transferAccount } from '../../src/store/transfer-account.ts';
import { oddMessages, withAttachment } from '../cli/sample-maildir.ts';

/** Passwords as they are. */
export const PASSWORDS = { hash: async (text: string) => `hash of ${text}`, verify: async () => true };
const ALL = UidSet.range(1, 0xffffffff);

/** The parts of a store, closed after the test. */
export async function openHere(options: OpenStoreOptions): Promise<StoreContext> {
  const parts = await openParts(options);
  onTestFinished(async () => {
    await parts.engine.close();
    await parts.blobs.close();
  });
  return parts;
}

/** An account with what real ones have: odd mail, threads, labels, flags, gaps, gone mailboxes, annotations. */
export async function fill(parts: StoreContext, name: string): Promise<string> {
  const store = new Store(parts, PASSWORDS);
  const { id } = await store.accounts.create({
    name,
    addresses: [`${name}@example.org`, `${name}.two@example.org`],
    password: `secret of ${name}`,
    limits: { octets: 1e9 },
  });
  for (const octets of Object.values(oddMessages())) {
    await store.append(id, 'INBOX', octets, { flags: ['\\Seen', 'odd'], internalDate: new Date(1.6e12) });
  }
  const shared = Buffer.alloc(90_000, 'shared attachment ');
  for (let n = 0; n < 30; n++) {
    const thread = `Message-ID: <${n}@${name}.example>\r\nReferences: <${n - (n % 3)}@${name}.example>\r\n`;
    const octets = Buffer.concat([Buffer.from(thread), withAttachment(`number ${n} Grüße`, shared, 76)]);
    await store.append(
      id,
      n % 2 ? 'INBOX' : 'Archive',
      n % 5 ? Buffer.from(`${thread}Subject: n${n}\r\n\r\nText ${n}\r\n`) : octets,
    );
  }
  await store.createMailbox(id, 'Work/2024');
  await store.subscribe(id, 'Work/2024', true);
  await store.copy(id, 'INBOX', UidSet.range(3, 9), 'Work/2024');
  await store.move(id, 'INBOX', UidSet.range(5, 6), 'Trash');
  await store.createMailbox(id, 'Short');
  await store.copy(id, 'Archive', UidSet.range(1, 3), 'Short');
  await store.deleteMailbox(id, 'Short');
  await store.renameMailbox(id, 'Work/2024', 'Work/Old');
  await store.storeFlags(id, 'Archive', UidSet.range(2, 5), {
    mode: 'add',
    flags: ['\\Flagged', '\\Deleted', '$Label1'],
  });
  await store.expunge(id, 'Archive', UidSet.of(3));
  await store.setAnnotations(id, null, { '/shared/comment': `all of ${name}` });
  for (const mailbox of ['INBOX', 'Work/Old']) {
    const values = Array.from({ length: 60 }, (_, n) => [`/private/vendor/test/${n}`, Buffer.alloc(1000 + n, n)]);
    await store.setAnnotations(id, mailbox, Object.fromEntries(values));
  }
  const later = Date.now() + 3_600_000;
  for (let n = 0; n < 5; n++) {
    const content = { value: `${n} of ${name}`, expires: n % 2 ? later + n : null };
    await parts.engine.vault.put({ owner: id, kind: n < 2 ? 'token' : 'Log', key: `k ${n % 3}` }, content);
  }
  await parts.engine.vault.put({ owner: id, kind: 'ticket', key: 'over' }, { value: '', expires: 1 });
  return id;
}

/** All that a client can learn of an account, and what the directory has. */
export async function everything(parts: StoreContext, id: string): Promise<unknown> {
  const store = new Store(parts, PASSWORDS);
  const { engine } = parts;
  const { modSeq } = await engine.read(id, (tx) => tx.state());
  const each = [];
  for (const mailbox of await store.mailboxes(id)) {
    const messages = [];
    for await (const message of store.fetch(id, mailbox.id, ALL, {
      body: true,
      envelope: true,
      bodyStructure: true,
      preview: true,
    })) {
      const hash = createHash('sha256');
      if (message.body) for await (const chunk of message.body.read()) hash.update(chunk);
      messages.push({ ...message, body: hash.digest('hex') });
    }
    const sets = await engine.read(id, async (tx) => {
      const found = [];
      for (const text of ['text', 'grusse', 'attachment'])
        found.push([...(await tx.search(mailbox.id, { key: 'text', text }))]);
      for (let since = 0; since < modSeq; since++) found.push(String(await tx.vanished(mailbox.id, since)));
      return found;
    });
    each.push({ mailbox: { ...mailbox }, messages, sets });
  }
  return {
    each,
    record: await engine.directory.get(id),
    numbers: await engine.transfer.numbers(id),
    state: await engine.read(id, (tx) => tx.state()),
    subscriptions: await engine.read(id, (tx) => tx.subscriptions()),
    annotations: (await engine.read(id, (tx) => tx.annotations())).map(({ mailboxId, name, value }) => [
      mailboxId,
      name,
      Buffer.from(value).toString('hex'),
    ]),
    changes: JSON.stringify(await engine.read(id, (tx) => tx.changes(0, 10_000))),
    threadKeys: await engine.transfer.threadKeys(id, '', 10_000),
    vault: (await engine.vault.all(id, { limit: 10_000 })).map((entry) => ({ ...entry, version: 0 })),
  };
}

/** All of a listing. */
export async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

/** What a check of everything finds. */
export async function findings(parts: StoreContext): Promise<unknown[]> {
  const found = [];
  for await (const finding of new Store(parts, PASSWORDS).maintenance.check({ rehash: true })) found.push(finding);
  return found;
}

/** An object with some members replaced. */
export function withMembers<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get: (target, key) => {
      const value = Reflect.get(Object.hasOwn(members, key) ? members : target, key) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The engine as one whose process is killed before, or after, it has put one batch; `passed` are steps it survives. */
function killed(parts: StoreContext, when: 'before' | 'after', passed: Set<string>): StoreContext {
  const { transfer } = parts.engine;
  const dies = async (step: string, work: () => Promise<void>): Promise<void> => {
    if (passed.has(`${step} ${when}`)) return work();
    // A batch that was put is not put again, but these two are.
    if (step !== 'put') passed.add(`${step} ${when}`);
    if (when === 'after') await work();
    throw new Error('killed');
  };
  const dying: AccountTransfer = {
    numbers: (...args) => transfer.numbers(...args),
    placements: (...args) => transfer.placements(...args),
    threadKeys: (...args) => transfer.threadKeys(...args),
    progress: (...args) => transfer.progress(...args),
    put: (...args) => dies('put', () => transfer.put(...args)),
    putState: (...args) => dies('putState', () => transfer.putState(...args)),
    release: (...args) => dies('release', () => transfer.release(...args)),
  };
  const { vault } = parts.engine;
  const put: Vault['put'] = (...args) => dies('put', () => vault.put(...args));
  const engine = withMembers(parts.engine, { transfer: dying, vault: withMembers(vault, { put }) });
  return { ...parts, engine };
}

/** Transfers with a kill before and after every step; how many there were. */
export async function transferWithKills(from: StoreContext, to: StoreContext, account: string): Promise<number> {
  const store = new Store(to, PASSWORDS);
  const passed = new Set<string>();
  for (let n = 0; n < 200; n++) {
    const run = transferAccount({ from, to: killed(to, n % 2 ? 'after' : 'before', passed), account });
    const error = await run.then(
      ({ outcome }) => outcome,
      (reason: Error) => reason.message,
    );
    if (error === 'there') return n;
    expect(error).toBe('killed');
    if (await store.accounts.find(account)) continue;
    expect(await store.accounts.find('ann@example.org')).toBeNull();
    for await (const listed of store.accounts.list()) expect(listed.id).not.toBe(account);
    await store.maintenance.sweep({ graceMs: 0 });
    // What only the incomplete account mentions stays.
    const mentioned = (await to.engine.directory.get(account))
      ? await to.engine.read(account, (tx) => tx.blobReferences(null, 1000))
      : [];
    for (const { blobId } of mentioned) expect(await to.blobs.stat(blobId)).not.toBeNull();
  }
  throw new Error('it never came to an end');
}
