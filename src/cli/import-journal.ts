/** Remembers which messages of a source an account has, so that an import can be stopped anywhere and run again. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { CommandError } from './command.ts';

/** A message of a batch: its key in the source, the digest and the size of its octets. */
export type JournalItem = readonly [key: string, digest: string, size: number];

/** What is about to be appended in one transaction. Written and on the disk before that begins. */
export interface JournalBatch {
  readonly mailbox: string;
  readonly uidValidity: number;
  /** The messages get this UID or greater ones, in order, without a gap. */
  readonly uidNext: number;
  readonly items: readonly JournalItem[];
}

/** Whose import it is. */
export interface JournalIdentity {
  readonly account: string;
  /** Absolute path of the source. */
  readonly source: string;
  /** Where its top goes. */
  readonly mailbox: string;
}

type JournalLine = JournalBatch | { readonly stored: boolean } | JournalIdentity;

/** One line of JSON for each step. A batch whose outcome is missing is {@link ImportJournal.pending}. */
export class ImportJournal {
  readonly #file: FileHandle;
  readonly #lock: string;
  readonly #done: Set<string>;
  /** The batch that a run before this one did not see the end of. */
  readonly pending: JournalBatch | null;

  private constructor(file: FileHandle, lock: string, done: Set<string>, pending: JournalBatch | null) {
    this.#file = file;
    this.#lock = lock;
    this.#done = done;
    this.pending = pending;
  }

  /**
   * Opens the journal, or starts it.
   *
   * @param options.fresh forgets what was imported before
   * @throws {@link CommandError} when another process imports the same.
   */
  static async open(
    folder: string,
    identity: JournalIdentity,
    options: { readonly fresh: boolean },
  ): Promise<ImportJournal> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { account, source, mailbox } = identity;
    const name = createHash('sha256').update([account, source, mailbox].join('\0')).digest('hex').slice(0, 24);
    const place = path.join(folder, `${name}.jsonl`);
    const lock = `${place}.lock`;
    await takeLock(lock);
    try {
      const file = await open(place, options.fresh ? 'w' : 'a', 0o600);
      const { done, pending } = await readJournal(place);
      const journal = new ImportJournal(file, lock, done, pending);
      // A line torn by a crash is ended, so that it cannot spoil the next one.
      await journal.#write(identity, '\n');
      return journal;
    } catch (error) {
      await rm(lock, { force: true });
      throw error;
    }
  }

  /** Whether the message is in the account. */
  has(key: string): boolean {
    return this.#done.has(key);
  }

  /** Notes what is about to be appended. On the disk when it resolves. */
  async begin(batch: JournalBatch): Promise<void> {
    await this.#write(batch);
    await this.#file.datasync();
  }

  /** Notes what became of the batch. */
  async end(batch: JournalBatch, stored: boolean): Promise<void> {
    if (stored) for (const [key] of batch.items) this.#done.add(key);
    await this.#write({ stored });
  }

  /** Lets others import the same. */
  async close(): Promise<void> {
    await this.#file.close();
    await rm(this.#lock, { force: true });
  }

  async #write(line: JournalLine, before = ''): Promise<void> {
    await this.#file.appendFile(`${before}${JSON.stringify(line)}\n`);
  }
}

async function readJournal(place: string): Promise<{ done: Set<string>; pending: JournalBatch | null }> {
  const done = new Set<string>();
  let pending: JournalBatch | null = null;
  for await (const text of createInterface({ input: createReadStream(place), crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = parseLine(text);
    if (line === null) continue;
    if ('items' in line) pending = line;
    if ('stored' in line && pending) {
      if (line.stored) for (const [key] of pending.items) done.add(key);
      pending = null;
    }
  }
  return { done, pending };
}

/** A line that a crash tore says nothing: its batch had not begun, or its outcome is looked up. */
function parseLine(text: string): JournalLine | null {
  try {
    return text === '' ? null : (JSON.parse(text) as JournalLine);
  } catch {
    return null;
  }
}

async function takeLock(lock: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(lock, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (owner > 0 && isAlive(owner)) {
      throw new CommandError(`process ${owner} imports the same (if it does not, delete ${lock})`);
    }
    await rm(lock, { force: true });
  }
  throw new CommandError(`cannot take ${lock}`);
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
