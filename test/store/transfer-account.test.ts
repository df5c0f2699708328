/** Accounts that go from one store to another: the same in everything, whatever stopped the copying on its way. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { incomingRecord } from '../../src/engine/account-transfer.ts';
import type { BlobStore } from '../../src/engine/blob-store.ts';
import type { AnnotationRecord } from '../../src/engine/records.ts';
import type { Vault } from '../../src/engine/vault.ts';
import type { StoreContext } from '../../src/store/context.ts';
import { Store } from '../../src/store/store.ts';
import { transferAccount } from '../../src/store/transfer-account.ts';
import {
  all,
  everything,
  fill,
  findings,
  openHere,
  PASSWORDS,
  transferWithKills,
  withMembers,
} from './transfer-fixture.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eider-transfer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openFolder = (name: string): Promise<StoreContext> => openHere({ path: path.join(folder, name) });

test('there and back between folders, cut off after every step', async () => {
  const [first, second, third] = [await openFolder('one'), await openFolder('two'), await openFolder('three')];
  const id = await fill(first, 'ann');
  const before = await everything(first, id);
  expect(await transferWithKills(first, second, id)).toBeGreaterThan(15);
  expect(await everything(second, id)).toEqual(before);
  expect((await transferAccount({ from: second, to: third, account: id })).outcome).toBe('copied');
  expect(await everything(third, id)).toEqual(before);
  expect(await everything(first, id)).toEqual(before);
  for (const parts of [first, second, third]) expect(await findings(parts)).toEqual([]);
  expect((await transferAccount({ from: second, to: third, account: id })).outcome).toBe('there');
});

test('a change of the source while it is copied is told, and the next run copies what is there then', async () => {
  const [from, to] = [await openFolder('one'), await openFolder('two')];
  const id = await fill(from, 'ann');
  const source = new Store(from, PASSWORDS);
  const interrupted = transferAccount({
    from,
    to,
    account: id,
    onProgress: (step) => {
      if (step === 'records') void source.append(id, 'INBOX', 'Subject: late\r\n\r\n');
    },
  });
  await expect(interrupted).rejects.toMatchObject({ code: expect.stringMatching(/^(?:BUSY|STORE_CORRUPT)$/) });
  expect(await new Store(to, PASSWORDS).accounts.find(id)).toBeNull();
  await transferAccount({ from, to, account: id });
  expect(await everything(to, id)).toEqual(await everything(from, id));
});

test('damage in the source and in the target is found, and nothing is released', async () => {
  const [from, to] = [await openFolder('one'), await openFolder('two')];
  const id = await fill(from, 'ann');
  const { blobs } = to;
  const forgetful: BlobStore = {
    create: () => from.blobs.create(),
    read: (...args) => blobs.read(...args),
    stat: (...args) => blobs.stat(...args),
    list: () => blobs.list(),
    delete: (...args) => blobs.delete(...args),
    close: () => blobs.close(),
  };
  const isGone = { ...to, blobs: forgetful };
  await expect(transferAccount({ from, to: isGone, account: id })).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  expect(await new Store(to, PASSWORDS).accounts.find(id)).toBeNull();
  const [blob] = await all(from.blobs.list());
  await from.blobs.delete(blob?.blobId ?? '');
  const fresh = await openFolder('three');
  await expect(transferAccount({ from, to: fresh, account: id })).rejects.toMatchObject({ code: 'BLOB_MISSING' });
});

test('annotations that did not arrive as they were are found, and nothing is released', async () => {
  const from = await openFolder('one');
  const id = await fill(from, 'ann');
  const changes = [
    (one: AnnotationRecord) => ({ ...one, value: Buffer.concat([one.value, Buffer.from('x')]) }),
    (one: AnnotationRecord) => ({ ...one, mailboxId: null }),
    (one: AnnotationRecord) => ({ ...one, name: `${one.name}x` }),
  ];
  for (const [n, change] of changes.entries()) {
    const to = await openFolder(`changed ${n}`);
    const { transfer } = to.engine;
    const put = transfer.put.bind(transfer);
    transfer.put = (account, batch) =>
      put(account, batch.kind === 'annotations' ? { ...batch, annotations: batch.annotations.map(change) } : batch);
    await expect(transferAccount({ from, to, account: id })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('annotations'),
    });
    expect(await new Store(to, PASSWORDS).accounts.find(id)).toBeNull();
  }
});

test('small records that did not arrive as they were are found, and nothing is released', async () => {
  const from = await openFolder('one');
  const id = await fill(from, 'ann');
  const wrong: ((vault: Vault) => Partial<Vault>)[] = [
    (vault) => ({ put: (place, content) => vault.put(place, { ...content, value: `${content.value}x` }) }),
    (vault) => ({ put: (place, { value }) => vault.put(place, { value, expires: Date.now() + 1e9 }) }),
    () => ({ put: async () => {} }),
  ];
  for (const [n, members] of wrong.entries()) {
    const to = await openFolder(`changed ${n}`);
    const vault = withMembers(to.engine.vault, members(to.engine.vault));
    const forgetful = { ...to, engine: withMembers(to.engine, { vault }) };
    await expect(transferAccount({ from, to: forgetful, account: id })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('small record'),
    });
    expect(await new Store(to, PASSWORDS).accounts.find(id)).toBeNull();
  }
});

test('small records that change while they are copied arrive as they are in the end', async () => {
  const [from, to] = [await openFolder('one'), await openFolder('two')];
  const id = await fill(from, 'ann');
  const { vault } = from.engine;
  const at = (key: string) => ({ owner: id, kind: 'token', key });
  for (let n = 0; n < 150; n++) await vault.put(at(`many ${n}`), { value: String(n) });
  await vault.count(at('counter'), 1, Date.now() + 1e9);
  const others = to.engine.vault;
  let puts = 0;
  const put: Vault['put'] = async (place, content) => {
    puts++;
    if (puts === 1) {
      await vault.put(place, { value: 'changed behind' });
      await vault.put(at('late'), { value: 'late' });
      await vault.take(at('many 3'));
      await others.put(at('of the target'), { value: 'is of no use' });
    }
    await others.put(place, content);
  };
  const watched = { ...to, engine: withMembers(to.engine, { vault: withMembers(others, { put }) }) };
  expect((await transferAccount({ from, to: watched, account: id })).outcome).toBe('copied');
  expect(await everything(to, id)).toEqual(await everything(from, id));
  expect((await others.list({ owner: id, kind: 'token' }, { limit: 500 })).map(({ key }) => key)).toContain('late');
  expect(await others.get(at('counter'))).toBeNull();
  expect(puts).toBeLessThan(160);
});

test('small records that never rest are told, and nothing is released', async () => {
  const [from, to] = [await openFolder('one'), await openFolder('two')];
  const id = await fill(from, 'ann');
  let n = 0;
  const put: Vault['put'] = async (place, content) => {
    await from.engine.vault.put(place, { value: String(n++) });
    await to.engine.vault.put(place, content);
  };
  const busy = { ...to, engine: withMembers(to.engine, { vault: withMembers(to.engine.vault, { put }) }) };
  await expect(transferAccount({ from, to: busy, account: id })).rejects.toMatchObject({ code: 'BUSY' });
  expect(await new Store(to, PASSWORDS).accounts.find(id)).toBeNull();
});

test("another account's name or address is told before anything is copied", async () => {
  const [from, to] = [await openFolder('one'), await openFolder('two')];
  const id = await fill(from, 'ann');
  await new Store(to, PASSWORDS).accounts.create({ name: 'bob', address: 'ann.two@example.org' });
  await expect(transferAccount({ from, to, account: id })).rejects.toMatchObject({ code: 'ADDRESS_EXISTS' });
  expect(await to.engine.directory.get(id)).toBeNull();
});

test('what a client has seen as incoming cannot be used by its id', async () => {
  const to = await openFolder('one');
  const record = { id: `a${randomBytes(6).toString('hex')}`, name: 'x', addresses: ['x@example.org'], created: 1 };
  const limits = { octets: null, messages: null };
  await to.engine.directory.create(incomingRecord({ ...record, limits, copies: 'label', passwordHash: 'h' }, 3));
  const store = new Store(to, PASSWORDS);
  await expect(store.accounts.get(record.id)).rejects.toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  await expect(store.accounts.authenticate('* incoming 3 x', 'any')).rejects.toMatchObject({
    code: 'AUTHENTICATION_FAILED',
  });
  expect(await findings(to)).toEqual([]);
});
