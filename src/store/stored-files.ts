/** Files of an account: each a message of one part in a hidden mailbox, so that their octets lie where attachments do. */

import type { FetchedRecord } from '../engine/records.ts';
import { EiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import { splitMessage } from '../mime/split-message.ts';
import { fileName } from '../mime/summary.ts';
import { transferDecoder } from '../mime/transfer-decoder.ts';
import { parseFlags } from '../model/flags.ts';
import type { AccountId } from '../model/ids.ts';
import type { MimePart } from '../model/mime-part.ts';
import { MAX_STORED_FILE_OCTETS, MAX_STORED_FILES, type StoredFile, type StoredFiles } from '../model/stored-file.ts';
import { UidSet } from '../model/uid-set.ts';
import { addMessages } from './append.ts';
import { accountSettings, type StoreContext } from './context.ts';
import { filesMailbox, findFiles } from './hidden-mailboxes.ts';

const MAX_NAME = 255;
const TYPE = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}$/;
const CID = /^[!-;=?-~]{1,255}$/;
/** Octets of a line of base64. */
const LINE = 57;
/** The keyword that says how large a file is, decoded. */
const SIZE = 'octets-';

/** The files of all accounts. */
export class StoreFiles implements StoredFiles {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async add(
    account: AccountId,
    { name, contentType, cid = '' }: Pick<StoredFile, 'name' | 'contentType'> & { readonly cid?: string },
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<StoredFile> {
    requireNames(name, contentType, cid);
    await accountSettings(this.#context, account);
    const { blobs, maxMessageSize: maxSize, engine } = this.#context;
    const created = Date.now();
    let size = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        size += chunk.length;
        yield chunk;
      }
    };
    const content = await splitMessage(asMessage({ name, contentType, cid }, counted()), blobs, {
      maxSize,
      ...(signal && { signal }),
    });
    return engine.write(account, async (tx) => {
      const mailbox = await filesMailbox(tx);
      if (mailbox.messages >= MAX_STORED_FILES || mailbox.octets + content.size > MAX_STORED_FILE_OCTETS) {
        throw new EiderError('LIMIT_EXCEEDED', `an account has at most ${MAX_STORED_FILES} files, of 256 MB in all`);
      }
      const flags = parseFlags([`${SIZE}${size}`]);
      const [added] = await addMessages(tx, mailbox, [{ content, flags, internalDate: created }]);
      return { id: (added as { uid: number }).uid, name, contentType, cid, size, created };
    });
  }

  async list(account: AccountId): Promise<StoredFile[]> {
    const records = await this.#context.engine.read(account, async (tx) => {
      const mailbox = await findFiles(tx);
      return mailbox
        ? tx.fetch(mailbox.id, UidSet.range(1, mailbox.uidNext), { tree: true, limit: MAX_STORED_FILES })
        : [];
    });
    return records.map(toFile).reverse();
  }

  async get(account: AccountId, id: number): Promise<(StoredFile & { read(): AsyncIterable<Uint8Array> }) | null> {
    const { engine, blobs } = this.#context;
    const record = await engine.read(account, async (tx) => {
      const mailbox = await findFiles(tx);
      return mailbox && (await tx.fetch(mailbox.id, UidSet.of(id), { tree: true, body: true, limit: 1 }))[0];
    });
    if (!record?.body || !record.tree) return null;
    const body = new MessageBody(record.body, record.tree, blobs);
    return { ...toFile(record), read: () => decoded(body) };
  }

  remove(account: AccountId, id: number): Promise<boolean> {
    return this.#context.engine.write(account, async (tx) => {
      const mailbox = await findFiles(tx);
      return mailbox !== null && !(await tx.expunge(mailbox.id, UidSet.of(id))).isEmpty;
    });
  }
}

function requireNames(name: string, contentType: string, cid: string): void {
  if (name === '' || name.length > MAX_NAME || /[\x00-\x1f\x7f]|\p{Surrogate}/u.test(name)) {
    throw new EiderError('INVALID_ARGUMENT', `a file has a name of 1 to ${MAX_NAME} characters`);
  }
  if (!TYPE.test(contentType)) throw new EiderError('INVALID_ARGUMENT', 'the content type is none');
  if (cid !== '' && !CID.test(cid)) throw new EiderError('INVALID_ARGUMENT', 'the content id is none');
}

async function* asMessage(
  { name, contentType, cid }: Pick<StoredFile, 'name' | 'contentType' | 'cid'>,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(
    [
      `Content-Type: ${contentType}`,
      `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(name).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)}`,
      ...(cid === '' ? [] : [`Content-ID: <${cid}>`]),
      'Content-Transfer-Encoding: base64',
      '',
      '',
    ].join('\r\n'),
  );
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    const octets = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk);
    const whole = octets.length - (octets.length % LINE);
    if (whole > 0) yield base64Lines(octets.subarray(0, whole));
    rest = Buffer.from(octets.subarray(whole));
  }
  if (rest.length > 0) yield base64Lines(rest);
}

function base64Lines(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('base64').replace(/.{1,76}/g, '$&\r\n'));
}

async function* decoded(body: MessageBody): AsyncGenerator<Buffer> {
  const { bodyStart, bodyEnd } = body.tree;
  const decoder = transferDecoder('base64');
  if (!decoder) return;
  for await (const chunk of body.read(bodyStart, bodyEnd)) yield decoder.add(chunk);
  yield decoder.end();
}

function toFile({ uid, internalDate, tree, keywords }: FetchedRecord): StoredFile {
  const { type, subtype, id } = tree as MimePart;
  return {
    id: uid,
    name: fileName(tree as MimePart),
    contentType: `${type}/${subtype}`,
    cid: (id ?? '').replace(/^<|>$/g, ''),
    size: Number(keywords.slice(SIZE.length)),
    created: internalDate,
  };
}
