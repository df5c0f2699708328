/** Accounts as a file: the same in everything on the other side, and nothing of a file that is not whole. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Sealer } from '../../src/crypto/sealer.ts';
import { StorePortable } from '../../src/delivery/portable.ts';
import type { ImportOptions } from '../../src/model/portable.ts';
import type { StoreContext } from '../../src/store/context.ts';
import { Store } from '../../src/store/store.ts';
import { emptyPlace } from '../engine-under-test.ts';
import { all, everything, fill, findings, openHere, PASSWORDS } from './transfer-fixture.ts';

// A cluster takes its time for an account with everything, read back three times.
vi.setConfig({ testTimeout: 240_000 });

const SECRET = Buffer.alloc(32, 1);
const OTHER_SECRET = Buffer.alloc(32, 2);
const TRANSFER_SECRET = Buffer.alloc(32, 3);

const openOne = async (): Promise<StoreContext> => openHere(await emptyPlace());

/** A store in a folder, whatever the engine of the run. */
async function openFolder(): Promise<StoreContext> {
  const folder = await mkdtemp(path.join(tmpdir(), 'eider-portable-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return openHere({ path: folder });
}

const plain = (parts: StoreContext): StorePortable => new StorePortable(parts, null);

async function fileOf(portable: StorePortable, accounts: string[], transferSecret?: Uint8Array): Promise<Buffer> {
  return Buffer.concat(await all(portable.export({ accounts, ...(transferSecret && { transferSecret }) })));
}

/** In pieces of odd sizes. */
function* inPieces(octets: Buffer): Generator<Buffer> {
  for (let at = 0, n = 1; at < octets.length; at += n, n = (n * 7 + 3) % 9973) yield octets.subarray(at, at + n);
}

const take = (parts: StoreContext, octets: Buffer, options?: ImportOptions) =>
  all(plain(parts).import(inPieces(octets), options));

const idsOf = async (parts: StoreContext): Promise<string[]> =>
  (await parts.engine.directory.list({ limit: 100 })).map(({ id }) => id);

test('there and back by way of a folder, with everything as it was', async () => {
  const [first, second, third] = [await openOne(), await openFolder(), await openOne()];
  const ann = await fill(first, 'ann');
  const { id: bob } = await new Store(first, PASSWORDS).accounts.create({ name: 'bob', address: 'bob@example.org' });
  const file = await fileOf(plain(first), [ann, bob]);
  expect(await take(second, file)).toEqual([
    expect.objectContaining({ id: ann, name: 'ann', outcome: 'imported', reason: null }),
    expect.objectContaining({ id: bob, name: 'bob', outcome: 'imported' }),
  ]);
  await take(third, await fileOf(plain(second), [bob, ann]));
  for (const id of [ann, bob]) {
    const before = await everything(first, id);
    expect(await everything(second, id)).toEqual(before);
    expect(await everything(third, id)).toEqual(before);
  }
  for (const parts of [second, third]) expect(await findings(parts)).toEqual([]);
  expect((await new Store(third, PASSWORDS).accounts.resolveRecipient('ann.two@example.org'))?.id).toBe(ann);
  expect((await take(second, file)).map(({ outcome }) => outcome)).toEqual(['existing', 'existing']);
  // What came in goes on with numbers that nobody had.
  const { uid } = await new Store(third, PASSWORDS).append(ann, 'INBOX', 'Subject: next\r\n\r\n');
  expect(uid).toBe((await new Store(first, PASSWORDS).append(ann, 'INBOX', 'Subject: next\r\n\r\n')).uid);
});

test('a file that is cut off anywhere leaves nothing, and the whole one comes in after it', async () => {
  const [from, to] = [await openFolder(), await openOne()];
  const id = await fill(from, 'ann');
  const file = await fileOf(plain(from), [id]);
  const lines = [...file.toString('latin1').matchAll(/\n\{"type":"(?!content)/g)].map(({ index }) => index);
  const last = lines.at(-1) as number;
  const inMiddle = Math.floor(file.length / 3);
  for (const at of [0, 10, inMiddle, lines[3] as number, lines[lines.length >> 1] as number, last - 20]) {
    await expect(take(to, file.subarray(0, at))).rejects.toMatchObject({ code: 'EXPORT_INVALID' });
    expect(await idsOf(to)).toEqual([]);
  }
  expect((await take(to, file))[0]).toMatchObject({ outcome: 'imported' });
  expect(await everything(to, id)).toEqual(await everything(from, id));
  // The account was whole when the last line was lost.
  const again = await openOne();
  const results = plain(again).import([file.subarray(0, last + 1)]);
  expect((await results.next()).value).toMatchObject({ outcome: 'imported' });
  await expect(results.next()).rejects.toMatchObject({ code: 'EXPORT_INVALID' });
});

test('damage anywhere is found, and nothing of the account is there', async () => {
  const [from, to] = [await openFolder(), await openOne()];
  const store = new Store(from, PASSWORDS);
  const { id } = await store.accounts.create({ name: 'ann', password: 'secret' });
  for (let n = 0; n < 3; n++) await store.append(id, 'INBOX', `Subject: n${n}\r\n\r\nText ${n}\r\n`);
  const file = await fileOf(plain(from), [id]);
  const end = file.indexOf('{"type":"end"');
  for (let at = file.indexOf('\n') + 1; at < end - 1; at += 211) {
    const damaged = Buffer.from(file);
    damaged[at] = (damaged[at] as number) ^ 1;
    await expect(take(to, damaged), `octet ${at}`).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:EXPORT_INVALID|INVALID_ARGUMENT)$/),
    });
    expect(await idsOf(to), `octet ${at}`).toEqual([]);
  }
  for (const strange of ['', '{}\n', 'From x\r\n', '{"type":"eider-accounts","version":2,"created":1,"seal":null}\n']) {
    await expect(take(to, Buffer.from(strange))).rejects.toMatchObject({ code: 'EXPORT_INVALID' });
  }
  await expect(take(to, Buffer.concat([file, Buffer.from('x')]))).rejects.toMatchObject({ code: 'EXPORT_INVALID' });
  await expect(take(to, Buffer.alloc(33_554_433, 32))).rejects.toMatchObject({ code: 'EXPORT_INVALID' });
});

test('an account that changes while it is written is begun anew, and comes in as it was in the end', async () => {
  const [from, to] = [await openOne(), await openFolder()];
  const id = await fill(from, 'ann');
  const store = new Store(from, PASSWORDS);
  let changes = 0;
  const chunks: Uint8Array[] = [];
  for await (const chunk of plain(from).export({ accounts: [id] })) {
    chunks.push(chunk);
    const text = Buffer.from(chunk).toString('latin1');
    if (text.startsWith('{"type":"content"') && changes === 0) {
      changes++;
      await store.append(id, 'INBOX', 'Subject: late\r\n\r\n');
      await store.expunge(id, 'INBOX', undefined, { any: true });
    }
    if (text.startsWith('{"type":"state"') && changes === 1) {
      changes++;
      await store.append(id, 'INBOX', 'Subject: later\r\n\r\n');
    }
  }
  expect(changes).toBe(2);
  expect(
    Buffer.concat(chunks)
      .toString('latin1')
      .match(/^\{"type":"again"/gm),
  ).toHaveLength(1);
  expect(await take(to, Buffer.concat(chunks))).toMatchObject([{ id, outcome: 'imported' }]);
  expect(await everything(to, id)).toEqual(await everything(from, id));
  expect(await findings(to)).toEqual([]);
  const busy = async (): Promise<void> => {
    for await (const chunk of plain(from).export({ accounts: [id] })) {
      if (Buffer.from(chunk).toString('latin1').startsWith('{"type":"state"')) {
        await store.append(id, 'INBOX', 'Subject: again\r\n\r\n');
      }
    }
  };
  await expect(busy()).rejects.toMatchObject({ code: 'BUSY' });
});

test('names that others have, and accounts that another import has, fail alone', async () => {
  const [from, to] = [await openFolder(), await openOne()];
  const source = new Store(from, PASSWORDS);
  const ids = [];
  for (const name of ['ann', 'bob', 'cid']) ids.push((await source.accounts.create({ name })).id);
  await new Store(to, PASSWORDS).accounts.create({ name: 'other', address: 'x@example.org' });
  await source.accounts.update(ids[0] as string, { addresses: ['x@example.org'] });
  const place = { owner: '@imports', kind: 'import', key: ids[1] as string };
  await to.engine.vault.put(place, { value: 'another', expires: Date.now() + 60_000 });
  const file = await fileOf(plain(from), ids);
  expect(await take(to, file)).toMatchObject([
    { outcome: 'failed', reason: expect.stringContaining('x@example.org') },
    { outcome: 'failed', reason: expect.stringContaining('another import') },
    { outcome: 'imported', name: 'cid' },
  ]);
  expect(await idsOf(to)).toHaveLength(2);
  await to.engine.vault.put(place, { value: 'another', expires: 1 });
  expect((await take(to, file)).map(({ outcome }) => outcome)).toEqual(['failed', 'imported', 'existing']);
});

test('what is sealed comes in only where it can be opened', async () => {
  const from = await openFolder();
  const { id } = await new Store(from, PASSWORDS).accounts.create({ name: 'ann' });
  const own = new Sealer(SECRET);
  const totp = { owner: id, kind: 'totp', key: 'secret' };
  const scram = { owner: id, kind: 'scram', key: 'keys' };
  await from.engine.vault.put(totp, {
    value: JSON.stringify({ sealed: own.seal(`totp:${id}`, 'SEED'), confirmed: true, step: 5 }),
  });
  await from.engine.vault.put(scram, { value: own.seal(`scram:${id}`, 'keys') });
  const asItIs = await fileOf(new StorePortable(from, own), [id]);
  const forOthers = await fileOf(new StorePortable(from, own), [id], TRANSFER_SECRET);
  expect(asItIs.includes('SEED') || forOthers.includes('SEED')).toBe(false);
  await expect(fileOf(plain(from), [id], TRANSFER_SECRET)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  await expect(fileOf(plain(from), [id], Buffer.alloc(31))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  const to = await openOne();
  const other = new StorePortable(to, new Sealer(OTHER_SECRET));
  await expect(all(other.import([asItIs]))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(all(other.import([forOthers]))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(all(plain(to).import([asItIs]))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  expect(await idsOf(to)).toEqual([]);
  await all(other.import([forOthers], { transferSecret: TRANSFER_SECRET }));
  const arrived = JSON.parse((await to.engine.vault.get(totp))?.value ?? '') as { sealed: string };
  expect(arrived).toMatchObject({ confirmed: true, step: 5 });
  expect(new Sealer(OTHER_SECRET).open(`totp:${id}`, arrived.sealed)).toBe('SEED');
  const keys = (await to.engine.vault.get(scram))?.value ?? '';
  expect(new Sealer(OTHER_SECRET).open(`scram:${id}`, keys)).toBe('keys');
  const same = await openFolder();
  await all(new StorePortable(same, own).import([asItIs]));
  expect((await same.engine.vault.get(totp))?.value).toBe((await from.engine.vault.get(totp))?.value);
});
