/** The shared cases on the blob stores that need nothing but this machine. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe } from 'vitest';
import { DirectoryBlobStore } from '../../src/blobs/directory-blob-store.ts';
import { MemoryBlobStore } from '../../src/blobs/memory-blob-store.ts';
import { blobStoreCases } from './blob-store-cases.ts';

describe('DirectoryBlobStore', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eider-blobs-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  blobStoreCases(() => DirectoryBlobStore.open(folder));
});

describe('MemoryBlobStore', () => blobStoreCases(async () => new MemoryBlobStore()));
