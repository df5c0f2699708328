import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DirectoryBlobStore } from '../../src/blobs/directory-blob-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eider-blobs-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

async function put(store: DirectoryBlobStore, octets: Uint8Array): Promise<string> {
  const writer = store.create();
  await writer.write(octets);
  return (await writer.commit()).blobId;
}

const fileOf = (id: string): string => join(folder, id.slice(0, 2), id.slice(2, 4), id);
const inTmp = (): Promise<string[]> => readdir(join(folder, 'tmp'));

/** The prototype of all file handles, whose methods can be made to fail. */
async function fileHandles(): Promise<Record<'write' | 'datasync', () => Promise<unknown>>> {
  const handle = await open(folder, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle);
}

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe('DirectoryBlobStore', () => {
  test('keeps a blob below two levels of its name, and survives being opened again', async () => {
    const first = await DirectoryBlobStore.open(folder);
    const blobId = await put(first, Buffer.from('hello'));
    await first.close();
    expect(await readFile(fileOf(blobId), 'utf8')).toBe('hello');
    expect(await inTmp()).toEqual([]);
    const second = await DirectoryBlobStore.open(folder);
    expect(await second.stat(blobId)).toMatchObject({ size: 5 });
    await second.close();
  });

  test('makes missing parents, and refuses a path that is a file', async () => {
    const store = await DirectoryBlobStore.open(join(folder, 'a', 'b'));
    await put(store, Buffer.from('x'));
    await store.close();
    await writeFile(join(folder, 'file'), '');
    await expect(DirectoryBlobStore.open(join(folder, 'file'))).rejects.toMatchObject({ code: 'STORE_UNSUITABLE' });
    await expect(DirectoryBlobStore.open(join(folder, 'file', 'sub'))).rejects.toMatchObject({
      code: 'STORE_UNSUITABLE',
    });
  });

  test.each([
    ['ENOSPC', 'write'],
    ['ENOSPC', 'datasync'],
    ['EDQUOT', 'write'],
  ] as const)('%s in %s is DISK_FULL, leaves nothing behind, and passes', async (code, method) => {
    const store = await DirectoryBlobStore.open(folder);
    const octets = Buffer.alloc(3_000_000, 'x');
    const failing = vi.spyOn(await fileHandles(), method).mockRejectedValue(systemError(code));
    const writer = store.create();
    const written = Promise.resolve().then(() => writer.write(octets));
    const outcome = written.then(() => writer.commit());
    await expect(outcome).rejects.toMatchObject({ code: 'DISK_FULL' });
    await writer.abort();
    expect(await inTmp()).toEqual([]);
    failing.mockRestore();
    const blobId = await put(store, octets);
    expect(await store.stat(blobId)).toMatchObject({ size: 3_000_000 });
    await store.close();
  });

  test('small blobs that cannot be written leave nothing behind either', async () => {
    const store = await DirectoryBlobStore.open(folder);
    const failing = vi.spyOn(await fileHandles(), 'write').mockRejectedValue(systemError('ENOSPC'));
    await expect(put(store, Buffer.from('x'))).rejects.toMatchObject({ code: 'DISK_FULL' });
    failing.mockRestore();
    expect(await inTmp()).toEqual([]);
    const left = [];
    for await (const info of store.list()) left.push(info);
    expect(left).toEqual([]);
    await store.close();
  });

  test('writes small blobs to the disk only when they are committed', async () => {
    const store = await DirectoryBlobStore.open(folder);
    const writer = store.create();
    expect(writer.write(Buffer.alloc(1_000_000))).toBeUndefined();
    expect(await inTmp()).toEqual([]);
    await writer.write(Buffer.alloc(1_000_000));
    expect(await inTmp()).toHaveLength(1);
    await writer.abort();
    expect(await inTmp()).toEqual([]);
    await store.close();
  });

  test('closing removes what was being written', async () => {
    const store = await DirectoryBlobStore.open(folder);
    await store.create().write(Buffer.alloc(2_000_000));
    expect(await inTmp()).toHaveLength(1);
    await store.close();
    expect(await inTmp()).toEqual([]);
  });

  test('opening removes stale temporary files, and no others', async () => {
    await mkdir(join(folder, 'tmp'));
    const stale = `w-${'0'.repeat(32)}`;
    for (const name of [stale, `w-${'1'.repeat(32)}`, 'notes.txt']) await writeFile(join(folder, 'tmp', name), 'x');
    // The clock is what ages a file here: its time of change cannot be set.
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now + 3_500_000);
    await (await DirectoryBlobStore.open(folder)).close();
    expect(await inTmp()).toHaveLength(3);
    vi.spyOn(Date, 'now').mockReturnValue(now + 3_700_000);
    await (await DirectoryBlobStore.open(folder)).close();
    expect(await inTmp()).toEqual(['notes.txt']);
  });

  test('a blob whose removal a crash cut short comes back', async () => {
    const store = await DirectoryBlobStore.open(folder);
    const blobId = await put(store, Buffer.from('precious'));
    await store.close();
    await rename(fileOf(blobId), join(folder, 'tmp', `d-${blobId}-00000000`));
    const again = await DirectoryBlobStore.open(folder);
    expect(await readFile(fileOf(blobId), 'utf8')).toBe('precious');
    expect(await inTmp()).toEqual([]);
    await again.close();
  });

  test('a blob that lost octets is BLOB_CORRUPT, and mended by committing it again', async () => {
    const store = await DirectoryBlobStore.open(folder);
    const octets = Buffer.from('0123456789');
    const blobId = await put(store, octets);
    await truncate(fileOf(blobId), 4);
    await expect(async () => {
      for await (const chunk of store.read(blobId, { start: 0, end: 10 })) expect(chunk.toString()).toBe('0123');
    }).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    expect(await put(store, octets)).toBe(blobId);
    expect(await readFile(fileOf(blobId))).toEqual(octets);
    await store.close();
  });

  test('committing a blob that is there writes no file, and renews its time', async () => {
    const store = await DirectoryBlobStore.open(folder);
    const blobId = await put(store, Buffer.from('again'));
    const { ino } = await stat(fileOf(blobId));
    await utimes(fileOf(blobId), 1, 1);
    const write = vi.spyOn(await fileHandles(), 'write');
    await put(store, Buffer.from('again'));
    expect(write).not.toHaveBeenCalled();
    const after = await stat(fileOf(blobId));
    expect(after.ino).toBe(ino);
    expect(after.mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    await store.close();
  });

  test('a blob of which a write failed cannot be committed', async () => {
    const store = await DirectoryBlobStore.open(folder);
    const failing = vi.spyOn(await fileHandles(), 'write').mockRejectedValueOnce(new Error('the disk says no'));
    const writer = store.create();
    await expect(writer.write(Buffer.alloc(3_000_000, 'a'))).rejects.toThrow('the disk says no');
    expect(failing).toHaveBeenCalledTimes(1);
    await writer.write(Buffer.from('more'));
    await expect(writer.commit()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    for await (const info of store.list()) expect(info).toBeNull();
    expect(await inTmp()).toEqual([]);
    failing.mockRestore();
    await store.close();
  });

  test('two stores on one folder see each other, and write the same blob at once', async () => {
    const [one, two] = await Promise.all([DirectoryBlobStore.open(folder), DirectoryBlobStore.open(folder)]);
    const octets = Buffer.alloc(1_500_000, 'z');
    const ids = await Promise.all([one, two, one, two].map((store) => put(store, octets)));
    expect(new Set(ids).size).toBe(1);
    expect(await inTmp()).toEqual([]);
    await one.delete(ids[0]!);
    expect(await two.stat(ids[0]!)).toBeNull();
    expect(await put(two, octets)).toBe(ids[0]);
    expect(await one.stat(ids[0]!)).toMatchObject({ size: 1_500_000 });
    await Promise.all([one.close(), two.close()]);
  });

  test('commits and removals of one blob at once never leave a committed blob missing', async () => {
    const store = await DirectoryBlobStore.open(folder);
    const octets = Buffer.from('contended');
    const blobId = await put(store, octets);
    for (let round = 0; round < 50; round++) {
      const past = Date.now() / 1000 - 100;
      await utimes(fileOf(blobId), past, past);
      const unmodifiedSince = Date.now() - 50_000;
      await Promise.all([put(store, octets), store.delete(blobId, { unmodifiedSince })]);
      expect(await store.stat(blobId)).toMatchObject({ size: octets.length });
    }
    await store.close();
  });

  test('ignores what others put into the folder', async () => {
    const store = await DirectoryBlobStore.open(folder);
    const blobId = await put(store, Buffer.from('mine'));
    await mkdir(join(folder, 'zz'));
    await mkdir(join(folder, blobId.slice(0, 2), 'lost+found'));
    await writeFile(join(folder, blobId.slice(0, 2), blobId.slice(2, 4), 'readme'), '');
    const listed = [];
    for await (const info of store.list()) listed.push(info.blobId);
    expect(listed).toEqual([blobId]);
    await store.close();
  });
});
