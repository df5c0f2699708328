/** What a store keeps, seen and harmed past it, as a failing disk, a defect or a clock would. */

import { readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Db, MongoClient } from 'mongodb';
import { onTestFinished } from 'vitest';
import type { BlobDocument, ChunkDocument } from '../src/mongodb/blob-collections.ts';
import type { StorePlace } from './engine-under-test.ts';
import { tamper } from './sqlite/plant-damage.ts';

/** A store's octets as they lie. */
export interface StoredOctets {
  /** Sizes of all attachments, also of those that were begun and not finished. */
  attachments(): Promise<number[]>;
  /** Makes all attachments look older, by milliseconds. */
  age(by: number): Promise<void>;
  /** The attachment of this size is no longer there. */
  lose(size: number): Promise<void>;
  /** The attachment of this size, at most 256 KB, ends early. */
  shorten(size: number): Promise<void>;
  /** One bit in the middle of the attachment of this size, at most 256 KB, is another. */
  flip(size: number): Promise<void>;
  /** The first octet of every header is an `A`. */
  changeText(account: string): Promise<void>;
  /** INBOX counts 7 unseen messages, and the account 9 messages. */
  miscount(account: string): Promise<void>;
}

/** The octets of the store at a place. */
export function storedOctets(place: StorePlace): StoredOctets {
  if ('path' in place) return new FolderOctets(place.path);
  const client = new MongoClient(place.mongodb);
  onTestFinished(() => client.close());
  return new DatabaseOctets(client.db());
}

class FolderOctets implements StoredOctets {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async attachments(): Promise<number[]> {
    const sizes = await Promise.all((await this.#files()).map(async (file) => (await readFile(file)).length));
    return sizes.sort((a, b) => a - b);
  }

  async age(by: number): Promise<void> {
    const then = new Date(Date.now() - by);
    for (const file of await this.#files()) await utimes(file, then, then);
  }

  async lose(size: number): Promise<void> {
    await rm(await this.#file(size));
  }

  async shorten(size: number): Promise<void> {
    await truncate(await this.#file(size), size / 2);
  }

  async flip(size: number): Promise<void> {
    const file = await this.#file(size);
    const octets = await readFile(file);
    octets[size / 2]! ^= 1;
    await writeFile(file, octets);
  }

  async changeText(account: string): Promise<void> {
    tamper(this.#path, account, "UPDATE content SET header = CAST(x'41' || substr(header, 2) AS BLOB)");
  }

  async miscount(account: string): Promise<void> {
    const sql = "UPDATE mailbox SET unseen = 7 WHERE path = 'INBOX'; UPDATE state SET messages = 9";
    tamper(this.#path, account, sql);
  }

  async #files(): Promise<string[]> {
    const entries = await readdir(join(this.#path, 'attachments'), { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return paths.filter((path) => /\/[0-9a-f]{64}$|\/tmp\/./.test(path));
  }

  async #file(size: number): Promise<string> {
    for (const file of await this.#files()) if ((await readFile(file)).length === size) return file;
    throw new Error(`there is no attachment of ${size} octets`);
  }
}

class DatabaseOctets implements StoredOctets {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  get #blobs() {
    return this.#db.collection<BlobDocument>('blobs');
  }

  get #chunks() {
    return this.#db.collection<ChunkDocument>('chunks');
  }

  async attachments(): Promise<number[]> {
    const blobs = await this.#blobs.find().toArray();
    return blobs.map(({ size }) => size ?? 0).sort((a, b) => a - b);
  }

  async age(by: number): Promise<void> {
    await this.#blobs.updateMany({}, { $inc: { modified: -by } });
  }

  async lose(size: number): Promise<void> {
    const { _id, upload } = await this.#blob(size);
    await this.#blobs.deleteOne({ _id });
    await this.#chunks.deleteMany({ upload });
  }

  async shorten(size: number): Promise<void> {
    await this.#change(size, (octets) => octets.subarray(0, size / 2));
    await this.#blobs.updateMany({ size }, { $set: { size: size / 2 } });
  }

  async flip(size: number): Promise<void> {
    await this.#change(size, (octets) => {
      octets[size / 2]! ^= 1;
      return octets;
    });
  }

  async changeText(account: string): Promise<void> {
    const contents = this.#db.collection<{ _id: string; account: string; header: Uint8Array }>('contents');
    const options = { promoteBuffers: true };
    for (const { _id, header } of await contents.find({ account }, options).toArray()) {
      header[0] = 0x41;
      await contents.updateOne({ _id, account }, { $set: { header } });
    }
  }

  async miscount(account: string): Promise<void> {
    const mail = this.#db.collection<{ _id: string; account: string }>('mail');
    // Whoever knows the state has to read it again.
    const change = { $inc: { modSeq: 1 }, $set: { messages: 9, 'mailboxes.$.unseen': 7 } };
    await mail.updateOne({ _id: account, account, 'mailboxes.path': 'INBOX' } as object, change);
  }

  async #blob(size: number): Promise<BlobDocument> {
    const found = await this.#blobs.findOne({ size });
    if (!found) throw new Error(`there is no attachment of ${size} octets`);
    return found;
  }

  /** Changes the first chunk of a blob. */
  async #change(size: number, change: (octets: Buffer) => Buffer): Promise<void> {
    const { upload } = await this.#blob(size);
    const chunk = await this.#chunks.findOne({ upload }, { promoteBuffers: true, sort: { _id: 1 } });
    if (!chunk) throw new Error('the attachment has no chunk');
    await this.#chunks.updateOne({ _id: chunk._id, upload }, { $set: { data: change(Buffer.from(chunk.data)) } });
  }
}
