/** A message that came once can be read again and again, and nothing of it lies readable on a disk. */

import { readdirSync, readlinkSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { MEMORY_OCTETS, SealedSpool } from '../../src/crypto/sealed-spool.ts';
import { noise } from '../store/store-fixture.ts';
import { collect, inChunks, temporaryFolder } from './crypto-fixture.ts';

const MAX = 64 * 1024 * 1024;
const DESCRIPTORS = '/proc/self/fd';
const hasDescriptors = process.platform === 'linux';

/** Files that this process has open in a folder, also those without a name. */
function openFiles(folder: string): string[] {
  return readdirSync(DESCRIPTORS).flatMap((name) => {
    try {
      const target = readlinkSync(`${DESCRIPTORS}/${name}`);
      return target.startsWith(folder) ? [`${DESCRIPTORS}/${name}`] : [];
    } catch {
      return [];
    }
  });
}

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { code?: unknown }) => error.code ?? error,
  );

test.each([0, 1, 65_535, 65_536, 65_537, MEMORY_OCTETS, MEMORY_OCTETS + 1, 2_000_000, 30_000_000])(
  '%d octets, read three times, two at once',
  async (size) => {
    const folder = await temporaryFolder();
    const raw = noise(size);
    await using spool = await SealedSpool.take(inChunks(raw, 50_001), { maxOctets: MAX, folder });
    expect(spool.size).toBe(size);
    expect((await collect(spool.read())).equals(raw)).toBe(true);
    const both = await Promise.all([collect(spool.read()), collect(spool.read())]);
    expect(both.map((octets) => octets.equals(raw))).toEqual([true, true]);
    if (hasDescriptors) expect(openFiles(folder)).toHaveLength(size > MEMORY_OCTETS ? 1 : 0);
  },
);

test('any octets in any chunks come back', async () => {
  const folder = await temporaryFolder();
  const chunks = fc.array(fc.uint8Array({ maxLength: 200_000, size: 'max' }), { maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(chunks, async (parts) => {
      async function* source(): AsyncGenerator<Uint8Array> {
        yield* parts;
      }
      await using spool = await SealedSpool.take(source(), { maxOctets: MAX, folder });
      expect((await collect(spool.read())).equals(Buffer.concat(parts))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

describe('the file', () => {
  const text = Buffer.from('The key is under the mat. '.repeat(100_000));

  test.skipIf(!hasDescriptors)('has no name and no octet of the message (looked at where there is /proc)', async () => {
    const folder = await temporaryFolder();
    await using spool = await SealedSpool.take(inChunks(text), { maxOctets: MAX, folder });
    expect(await readdir(folder)).toEqual([]);
    const [path] = openFiles(folder);
    const file = await open(path as string);
    const sealed = await file.readFile();
    await file.close();
    expect(sealed.length).toBe(spool.size + 16 * Math.ceil(spool.size / 65_536));
    for (const word of ['The key', 'under', 'the mat']) expect(sealed.includes(word)).toBe(false);
    // As even as noise is: each octet value about as often as the others.
    const counts = new Uint32Array(256);
    for (const octet of sealed) counts[octet] = (counts[octet] as number) + 1;
    const expected = sealed.length / 256;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(255 + 8 * Math.sqrt(2 * 255));
  });

  test('two spools of one message differ', async () => {
    if (!hasDescriptors) return;
    const folder = await temporaryFolder();
    const sealed = [];
    for (const _ of [1, 2]) {
      await using _spool = await SealedSpool.take(inChunks(text), { maxOctets: MAX, folder });
      const file = await open(openFiles(folder)[0] as string);
      sealed.push(await file.readFile());
      await file.close();
    }
    expect(sealed[0]?.equals(sealed[1] as Buffer)).toBe(false);
  });

  test.skipIf(!hasDescriptors)('that was altered gives an error and none of the altered octets', async () => {
    const folder = await temporaryFolder();
    await using spool = await SealedSpool.take(inChunks(text), { maxOctets: MAX, folder });
    const file = await open(openFiles(folder)[0] as string, 'r+');
    await file.write(Buffer.from('x'), 0, 1, 65_552 * 2 + 5);
    await file.close();
    const octets: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of spool.read()) octets.push(chunk);
    })();
    expect(await code(reading)).toBe('UNAVAILABLE');
    expect(Buffer.concat(octets).equals(text.subarray(0, 2 * 65_536))).toBe(true);
  });

  test('is closed on dispose, which may be called twice, and nothing can be read then', async () => {
    const folder = await temporaryFolder();
    for (const raw of [text, text.subarray(0, 100)]) {
      const spool = await SealedSpool.take(inChunks(raw), { maxOctets: MAX, folder });
      const reading = spool.read();
      await reading.next();
      await spool.dispose();
      await spool.dispose();
      expect(await code(collect(spool.read()))).toBe('ABORTED');
      if (raw === text) expect(await code(collect(reading))).toBe('ABORTED');
      if (hasDescriptors) expect(openFiles(folder)).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    }
  });
});

describe('what is not spooled leaves nothing', () => {
  test.each([10, 3_000_000])('more than %d octets', async (maxOctets) => {
    const folder = await temporaryFolder();
    await using exact = await SealedSpool.take(inChunks(noise(maxOctets)), { maxOctets, folder });
    expect(exact.size).toBe(maxOctets);
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read += 1_000;
        yield noise(1_000);
      }
    }
    expect(await code(SealedSpool.take(endless(), { maxOctets, folder }))).toBe('MESSAGE_TOO_LARGE');
    expect(read).toBeLessThan(maxOctets + 2_000);
    // That of the first one alone.
    if (hasDescriptors) expect(openFiles(folder)).toHaveLength(maxOctets > MEMORY_OCTETS ? 1 : 0);
  });

  test('a source that fails: its own error', async () => {
    const folder = await temporaryFolder();
    const broken = new Error('gone');
    async function* source(): AsyncGenerator<Uint8Array> {
      yield noise(2_000_000);
      throw broken;
    }
    expect(await code(SealedSpool.take(source(), { maxOctets: MAX, folder }))).toBe(broken);
    if (hasDescriptors) expect(openFiles(folder)).toEqual([]);
  });

  test('an abort, before and within', async () => {
    const folder = await temporaryFolder();
    const controller = new AbortController();
    async function* source(): AsyncGenerator<Uint8Array> {
      yield noise(2_000_000);
      controller.abort();
      yield noise(10);
    }
    const options = { maxOctets: MAX, folder, signal: controller.signal };
    expect(await code(SealedSpool.take(source(), options))).toBe('ABORTED');
    expect(await code(SealedSpool.take(source(), options))).toBe('ABORTED');
    if (hasDescriptors) expect(openFiles(folder)).toEqual([]);
  });

  test.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EIO', 'EIO'],
  ])('a disk that answers %s', async (system, expected) => {
    const folder = await temporaryFolder();
    const handle = await open(import.meta.filename);
    await handle.close();
    const error = Object.assign(new Error(system), { code: system });
    const failing = vi.spyOn(Object.getPrototypeOf(handle), 'write').mockRejectedValue(error);
    onTestFinished(() => failing.mockRestore());
    const spooling = SealedSpool.take(inChunks(noise(2_000_000)), { maxOctets: MAX, folder });
    expect(await code(spooling)).toBe(expected);
    if (hasDescriptors) expect(openFiles(folder)).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });
});
