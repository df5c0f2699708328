/** A full disk: nothing is half stored, what was stored stays, and with space again all goes on. */

import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UidSet } from '../../src/model/uid-set.ts';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { expectClean, letter, noise, octetsOf, readAll, temporaryFolder, withFile } from '../store/store-fixture.ts';

/** Whether a small file system of our own can be had; that takes root and Linux. */
function canMount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    execFileSync('umount', ['/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const mountable = canMount();
if (!mountable) console.warn('SKIPPED: full-disk tests need to mount a small tmpfs (root on Linux)');

describe.skipIf(!mountable)('a full disk', () => {
  let small: string;
  let large: string;

  beforeEach(async () => {
    const folder = await temporaryFolder();
    small = join(folder, 'small');
    large = join(folder, 'large');
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', small]);
  });

  afterEach(() => {
    execFileSync('umount', ['-l', small]);
  });

  /** Appends until it fails; the error, and what was acknowledged. */
  async function fill(
    store: MessageStore,
    account: string,
    make: (index: number) => Buffer,
  ): Promise<{ code: string; raws: Buffer[] }> {
    const raws: Buffer[] = [];
    for (let index = 0; index < 5000; index++) {
      const raw = make(index);
      try {
        await store.append(account, 'INBOX', raw);
        raws.push(raw);
      } catch (error) {
        return { code: (error as { code: string }).code, raws };
      }
    }
    return { code: 'never', raws };
  }

  it('for text: nothing is half there, reading goes on, and with space again so does writing', {
    timeout: 60_000,
  }, async () => {
    const store = await openStore({ path: small, attachmentsPath: large });
    const { id } = await store.accounts.create({ name: 'ann' });
    await writeFile(join(small, 'ballast'), Buffer.alloc(1_500_000));
    const { code, raws } = await fill(store, id, (index) =>
      Buffer.from(letter(`m${index}`, noise(30_000, index).toString('base64'))),
    );
    expect(code).toBe('DISK_FULL');
    expect(raws.length).toBeGreaterThan(5);
    const found = await readAll({ store, account: id }, 'INBOX');
    expect(found.map((message) => message.raw.equals(raws[message.uid - 1]!))).toEqual(raws.map(() => true));
    await expect(
      store.append(id, 'INBOX', letter('still full', noise(30_000).toString('base64'))),
    ).rejects.toMatchObject({ code: 'DISK_FULL' });
    await rm(join(small, 'ballast'));
    const { uid } = await store.append(id, 'INBOX', letter('space again'));
    expect(uid).toBe(raws.length + 1);
    await expectClean(store);
    await store.close();
    const again = await openStore({ path: small, attachmentsPath: large });
    expect((await again.mailbox(id, 'INBOX')).messages).toBe(raws.length + 1);
    await expectClean(again);
    await again.close();
  });

  it('for attachments: no message without its file, and no scraps of files', { timeout: 60_000 }, async () => {
    const store = await openStore({ path: large, attachmentsPath: small, restorableDays: 0 });
    const { id } = await store.accounts.create({ name: 'ann' });
    const { code, raws } = await fill(store, id, (index) => withFile(`m${index}`, noise(1_200_000, index)));
    expect(code).toBe('DISK_FULL');
    expect(raws.length).toBeGreaterThan(2);
    expect((await store.maintenance.stats()).blobs).toBe(raws.length);
    for await (const message of store.fetch(id, 'INBOX', UidSet.range(1, 100), { body: true })) {
      expect((await octetsOf(message)).equals(raws[message.uid - 1]!)).toBe(true);
    }
    await store.append(id, 'INBOX', letter('text still fits'));
    await store.expunge(id, 'INBOX', UidSet.of(1), { any: true });
    await store.maintenance.sweep({ graceMs: 0 });
    await store.append(id, 'INBOX', withFile('fits again', noise(1_000_000, 77)));
    await expectClean(store);
    await store.close();
  });
});
