/** `eider key`: public keys of an account, and whether its mail is encrypted to them. */

import { open } from 'node:fs/promises';
import type { CommandDef } from 'citty';
import type { Account } from '../model/account.ts';
import type { EncryptionKey, EncryptionSettings } from '../model/encryption.ts';
import type { MessageStore } from '../store/message-store.ts';
import { showTime } from './auth-values.ts';
import { CommandError, command, UsageError } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const name = { type: 'positional', description: 'Name, address or id of the account', required: true } as const;
const json = { type: 'boolean', description: 'Print JSON' } as const;

/** More than the store looks at. */
const MAX_FILE = 1024 * 1024;

const add = command({
  meta: { name: 'add', description: 'Add a public key: OpenPGP, armored or binary, or a certificate, PEM or DER' },
  args: {
    name,
    file: { type: 'positional', description: 'File with the key; - for standard input', required: true },
    json,
    ...storeArgs,
  },
  async run(args) {
    const octets = await readOctets(args.file);
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const key = await store.encryption.addKey(account.id, octets);
      const { enabled } = await store.encryption.settings(account.id);
      if (args.json) return printJson(key);
      console.log(`key ${key.id} of ${account.name}: ${describe(key)}`);
      if (!enabled) console.log(`encryption is off: eider key encryption ${account.name} on`);
    });
  },
});

const list = command({
  meta: { name: 'list', description: 'List the keys of an account' },
  args: { name, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const keys = await store.encryption.keys(account.id);
      if (args.json) return printJson(keys);
      printTable(
        ['id', 'kind', 'added', 'ends', 'of'],
        keys.map((key) => [key.id, describe(key), showTime(key.added), showTime(key.expires), key.names[0] ?? '']),
      );
    });
  },
});

const remove = command({
  meta: { name: 'remove', description: 'Remove a key: what is encrypted to it stays so' },
  args: { name, id: { type: 'positional', description: 'Its id, as "list" tells it', required: true }, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const removed = await store.encryption.removeKey(account.id, args.id);
      if (!removed) throw new CommandError(`${account.name} has no key ${args.id}`);
      console.log(`key ${args.id.toLowerCase()} of ${account.name} removed`);
    });
  },
});

const encryption = command({
  meta: { name: 'encryption', description: 'Tell or set whether arriving mail is encrypted' },
  args: {
    name,
    state: { type: 'positional', description: 'on or off; left out, nothing is switched', required: false },
    subject: {
      type: 'string',
      valueHint: 'hidden|clear',
      description: 'Whether the subject can still be read outside',
    },
    mailbox: { type: 'string', valueHint: 'path', description: 'Of this mailbox alone' },
    json,
    ...storeArgs,
  },
  async run(args) {
    const change = settingsOf(args.state, args.subject);
    if (args.mailbox !== undefined && args.subject !== undefined) {
      throw new UsageError('--subject is of all mailboxes');
    }
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      if (args.mailbox !== undefined) return encryptMailbox(store, account, args.mailbox, change.enabled, args.json);
      const settings =
        Object.keys(change).length > 0
          ? await store.encryption.configure(account.id, change)
          : await store.encryption.settings(account.id);
      if (args.json) return printJson(settings);
      const { enabled, subject } = settings;
      console.log(`encryption of ${account.name} is ${enabled ? 'on' : 'off'}, subject ${subject}`);
    });
  },
});

async function encryptMailbox(
  store: MessageStore,
  account: Account,
  ref: string,
  enabled: boolean | undefined,
  asJson: boolean | undefined,
): Promise<void> {
  const { id, path } = await store.mailbox(account.id, ref);
  if (enabled !== undefined) await store.encryption.configureMailbox(account.id, id, enabled);
  const isOn = (await store.encryption.mailboxes(account.id)).includes(id);
  if (asJson) return printJson({ mailbox: path, enabled: isOn });
  console.log(`encryption of ${path} of ${account.name} is ${isOn ? 'on' : 'off'}`);
}

function settingsOf(state: string | undefined, subject: string | undefined): Partial<EncryptionSettings> {
  if (state !== undefined && state !== 'on' && state !== 'off') throw new UsageError('encryption is on or off');
  if (subject !== undefined && subject !== 'hidden' && subject !== 'clear') {
    throw new UsageError('--subject is hidden or clear');
  }
  return { ...(state !== undefined && { enabled: state === 'on' }), ...(subject !== undefined && { subject }) };
}

const describe = ({ type, version, algorithm }: EncryptionKey): string =>
  type === 'smime' ? `S/MIME ${algorithm}` : `OpenPGP ${version} ${algorithm}`;

async function readOctets(file: string): Promise<Buffer> {
  if (file === '-') return collect(process.stdin as AsyncIterable<Buffer>);
  const handle = await open(file);
  try {
    return await collect(handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>);
  } finally {
    await handle.close();
  }
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_FILE) throw new CommandError(`a key has less than ${MAX_FILE} octets`);
  }
  return Buffer.concat(chunks);
}

const encryptExisting = command({
  meta: { name: 'encrypt-existing', description: 'Encrypt the mail that is there already, in the background' },
  args: { name, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const account = await store.accounts.get(args.name);
      const { enabled } = await store.encryption.settings(account.id);
      if (!enabled && (await store.encryption.mailboxes(account.id)).length === 0) {
        throw new CommandError(`switch encryption on first: eider key encryption ${account.name} on`);
      }
      const { id } = await store.jobs.add('encryptMail', account.id);
      console.log(`job ${id} made; "eider serve" or "eider jobs run" does it`);
    });
  },
});

/** The commands on keys and encryption. */
export const key: CommandDef = {
  meta: { name: 'key', description: 'Keys of accounts, and encryption of what arrives' },
  subCommands: {
    add: async () => add,
    list: async () => list,
    remove: async () => remove,
    encryption: async () => encryption,
    'encrypt-existing': async () => encryptExisting,
  },
};
