/** `eider dkim`: the keys by which domains sign their mail, and the DNS records that go with them. */

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { CommandDef } from 'citty';
import type { DkimAlgorithm, DkimKey } from '../model/dkim.ts';
import type { MessageStore } from '../store/message-store.ts';
import { showTime } from './auth-values.ts';
import { CommandError, command, UsageError } from './command.ts';
import { withStore } from './open-place.ts';
import { printJson, printTable } from './output.ts';
import { storeArgs } from './store-place.ts';

const domain = {
  type: 'positional',
  description: 'The domain; * for all that have no key of their own',
  required: true,
} as const;
const selector = { type: 'positional', description: 'The selector, as "list" tells it', required: true } as const;
const json = { type: 'boolean', description: 'Print JSON' } as const;
const newKeyArgs = {
  selector: { type: 'string', valueHint: 'NAME', description: 'Its selector; else the date and the algorithm' },
  active: { type: 'boolean', description: 'Sign with it at once: only when its record is published already' },
  json,
} as const;

const ALGORITHMS: Readonly<Record<string, DkimAlgorithm>> = { rsa: 'rsa-sha256', ed25519: 'ed25519-sha256' };

const create = command({
  meta: { name: 'create', description: 'Make a key, and print the record to publish' },
  args: {
    domain,
    algorithm: { type: 'string', valueHint: 'NAME', description: 'rsa or ed25519', default: 'rsa' },
    ...newKeyArgs,
    ...storeArgs,
  },
  async run(args) {
    const algorithm = Object.hasOwn(ALGORITHMS, args.algorithm) ? ALGORITHMS[args.algorithm] : undefined;
    if (!algorithm) throw new UsageError('--algorithm is rsa or ed25519');
    await withStore(args, async (store) => {
      printKey(await store.dkim.create(args.domain, { ...optionsOf(args), algorithm }), args.json);
    });
  },
});

const importKey = command({
  meta: { name: 'import', description: 'Take a private key over, and print the record to publish' },
  args: {
    domain,
    key: {
      type: 'string',
      valueHint: 'FILE',
      description: 'PEM, or an Ed25519 key in base64; - for standard input',
      required: true,
    },
    ...newKeyArgs,
    ...storeArgs,
  },
  async run(args) {
    const key = args.key === '-' ? await text(process.stdin) : await readKeyFile(args.key);
    await withStore(args, async (store) => {
      printKey(await store.dkim.import(args.domain, key, optionsOf(args)), args.json);
    });
  },
});

const list = command({
  meta: { name: 'list', description: 'List the keys of a domain, or of all' },
  args: { domain: { ...domain, required: false }, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      const keys = await store.dkim.list(args.domain);
      if (args.json) return printJson(keys);
      printTable(
        ['domain', 'selector', 'algorithm', 'bits>', 'signs', 'made', ''],
        keys.map((key) => [
          key.domain,
          key.selector,
          key.algorithm,
          String(key.bits),
          key.active ? 'yes' : 'no',
          showTime(key.created),
          key.warning ?? '',
        ]),
      );
    });
  },
});

const show = command({
  meta: { name: 'show', description: 'Print a key and the record to publish' },
  args: { domain, selector, json, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      printKey(found(await store.dkim.get(args.domain, args.selector), args), args.json);
    });
  },
});

const activate = change(
  'activate',
  'Sign with a key, and no more with the other of its algorithm',
  'signs from now on',
  ({ dkim }, args) => dkim.activate(args.domain, args.selector),
);

const deactivate = change('deactivate', 'Sign with a key no more', 'signs no more', ({ dkim }, args) =>
  dkim.deactivate(args.domain, args.selector),
);

const remove = command({
  meta: {
    name: 'remove',
    description: 'Remove a key for good; its record may go when mail that it signed has arrived',
  },
  args: { domain, selector, ...storeArgs },
  async run(args) {
    await withStore(args, async (store) => {
      if (!(await store.dkim.remove(args.domain, args.selector))) throw missing(args);
      console.log(`key ${args.selector} of ${args.domain} removed`);
    });
  },
});

/** The commands on DKIM keys. */
export const dkim: CommandDef = {
  meta: { name: 'dkim', description: 'Make, publish, replace and remove the keys by which domains sign their mail' },
  subCommands: {
    create: async () => create,
    import: async () => importKey,
    list: async () => list,
    show: async () => show,
    activate: async () => activate,
    deactivate: async () => deactivate,
    remove: async () => remove,
  },
};

interface KeyArgs {
  readonly domain: string;
  readonly selector: string;
}

function change(
  name: string,
  description: string,
  done: string,
  act: (store: MessageStore, args: KeyArgs) => Promise<DkimKey | null>,
): CommandDef {
  return command({
    meta: { name, description },
    args: { domain, selector, ...storeArgs },
    async run(args) {
      await withStore(args, async (store) => {
        const key = found(await act(store, args), args);
        console.log(`key ${key.selector} of ${key.domain} ${done}`);
      });
    },
  });
}

function optionsOf(args: { readonly selector?: string | undefined; readonly active?: boolean | undefined }): {
  selector?: string;
  active: boolean;
} {
  return { active: args.active ?? false, ...(args.selector !== undefined && { selector: args.selector }) };
}

function found(key: DkimKey | null, args: KeyArgs): DkimKey {
  if (!key) throw missing(args);
  return key;
}

function missing(args: KeyArgs): CommandError {
  return new CommandError(`${args.domain} has no key ${args.selector}`);
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`the key in ${file} cannot be read`, { cause: error });
  }
}

function printKey(key: DkimKey, asJson: boolean | undefined): void {
  if (asJson) printJson(key);
  else console.log(describe(key));
}

/** The record as a zone file has it. */
function describe(key: DkimKey): string {
  const { domain, selector, algorithm, bits, active, warning, record } = key;
  const name = domain === '*' ? record.name : `${record.name}.`;
  return [
    `key ${selector} of ${domain}: ${algorithm}, ${bits} bits, ${active ? 'signs' : 'signs nothing yet'}`,
    ...(warning === null ? [] : [`warning: ${warning}`]),
    `${name} IN TXT (${record.strings.map((string) => `\n  "${string}"`).join('')} )`,
  ].join('\n');
}
