/** Files that are there as a whole or not at all, whenever the machine stops. */

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** What files are called while they are written. */
const PART = '.part-';

/** Writes what comes, and gives the file the name that its SHA-256 leads to; done twice it is the same file. */
export async function writeDurably(
  folder: string,
  chunks: AsyncIterable<Uint8Array>,
  nameOf: (hash: string) => string,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const part = path.join(folder, PART + randomUUID());
  const hash = createHash('sha256');
  const file = await open(part, 'wx');
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
    await file.close();
    const name = nameOf(hash.digest('hex'));
    await rename(part, path.join(folder, name));
    await syncFolder(folder);
    return name;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}

/** Removes what was left half-written. */
export async function removeParts(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    if (path.basename(name).startsWith(PART)) await rm(path.join(folder, name));
  }
}

/** The name is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
