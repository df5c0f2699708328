/** `eider migrate`: copies accounts from one store to another, between engines too, with every number as it is. */

import type { CommandDef } from 'citty';
import type { AccountRecord } from '../engine/engine.ts';
import { isEiderError } from '../errors.ts';
import { normalizeAccountName } from '../model/address.ts';
import type { StoreContext } from '../store/context.ts';
import { isAbsent } from '../store/removed-accounts.ts';
import { type TransferResult, transferAccount } from '../store/transfer-account.ts';
import { transferDomains } from '../store/transfer-domains.ts';
import { CommandError, command, UsageError } from './command.ts';
import { formatCount, formatOctets } from './octets.ts';
import { openPartsAt } from './open-place.ts';
import { printJson } from './output.ts';
import { Progress } from './progress.ts';
import { placeOf, type StorePlace, showPlace } from './store-place.ts';
import { untilStopped } from './until-stopped.ts';

/** May be stopped anywhere and run again. Ends with 1 when something could not be copied; all else is then. */
export const migrate: CommandDef = command({
  meta: { name: 'migrate', description: 'Copy accounts to another store, a folder or MongoDB, exactly as they are' },
  args: {
    from: { type: 'string', valueHint: 'DIR|URI', description: 'The store that has them; else EIDER_FROM' },
    to: { type: 'string', valueHint: 'DIR|URI', description: 'The store that gets them; else EIDER_TO' },
    'from-attachments': {
      type: 'string',
      valueHint: 'DIR|URI',
      description: 'Where the attachments of the first are, when not with it; else EIDER_FROM_ATTACHMENTS',
    },
    'to-attachments': {
      type: 'string',
      valueHint: 'DIR|URI',
      description: 'Where those of the second go, when not with it; else EIDER_TO_ATTACHMENTS',
    },
    account: { type: 'string', valueHint: 'A', description: 'Only this account; may be repeated' },
    json: { type: 'boolean', description: 'Print a line of JSON for each account' },
  },
  repeat: ['account'],
  async run(args, given) {
    const { env } = process;
    const from = placeFrom('from', args.from || env.EIDER_FROM, args['from-attachments'] || env.EIDER_FROM_ATTACHMENTS);
    const to = placeFrom('to', args.to || env.EIDER_TO, args['to-attachments'] || env.EIDER_TO_ATTACHMENTS);
    if (showPlace(from.store) === showPlace(to.store)) throw new UsageError('--from and --to name one store');
    await using source = await openPartsAt(from, false);
    await using target = await openPartsAt(to, true);
    await untilStopped((signal) =>
      migrateAll(source.parts, target.parts, given.all('account'), { signal, json: args.json === true }),
    );
  },
});

function placeFrom(name: string, store: string | undefined, attachments: string | undefined): StorePlace {
  if (!store) throw new UsageError(`name a folder or a connection string with --${name}`);
  return { store: placeOf(store), attachments: attachments ? placeOf(attachments) : null };
}

interface MigrateOptions {
  readonly signal: AbortSignal;
  readonly json: boolean;
}

async function migrateAll(
  from: StoreContext,
  to: StoreContext,
  names: readonly string[],
  options: MigrateOptions,
): Promise<void> {
  let failed = 0;
  for await (const record of accountsOf(from, names)) {
    try {
      tell(record, await migrateOne(from, to, record, options.signal), options.json);
    } catch (error) {
      // Of these the other accounts know nothing.
      if (
        !isEiderError(
          error,
          'ACCOUNT_EXISTS',
          'ADDRESS_EXISTS',
          'BUSY',
          'LIMIT_EXCEEDED',
          'STORE_CORRUPT',
          'BLOB_MISSING',
          'BLOB_CORRUPT',
        )
      ) {
        throw error;
      }
      failed++;
      console.error(`not copied: ${record.name}: ${error.message} (${error.code})`);
    }
  }
  if (names.length === 0) failed += await migrateDomains(from, to, options);
  if (failed > 0) throw new CommandError(`${formatCount(failed)} could not be copied`);
}

/** What belongs to no account; resolves with how much of it could not be copied. */
async function migrateDomains(from: StoreContext, to: StoreContext, { json }: MigrateOptions): Promise<number> {
  const { copied, refused } = await transferDomains(from, to);
  for (const what of refused) console.error(`not copied: ${what}`);
  if (copied > 0 && !json) console.log(`${formatCount(copied)} settings of domains and forwarding addresses copied`);
  return refused.length;
}

async function migrateOne(
  from: StoreContext,
  to: StoreContext,
  record: AccountRecord,
  signal: AbortSignal,
): Promise<TransferResult> {
  const { messages, octets } = await from.engine.read(record.id, (tx) => tx.state());
  let progress = new Progress(record.name, { messages, octets });
  let isChecking = false;
  try {
    return await transferAccount({
      from,
      to,
      account: record.id,
      signal,
      onProgress: (step, count, size, again) => {
        if (step === 'records') return;
        if (step === 'verify' && !isChecking) {
          isChecking = true;
          progress.end();
          progress = new Progress(`${record.name}, compared`, { messages, octets });
        }
        if (again) progress.skip(count, size);
        else progress.add(count, size);
      },
    });
  } finally {
    progress.end();
  }
}

/** The accounts that are named, or all. */
async function* accountsOf({ engine }: StoreContext, names: readonly string[]): AsyncGenerator<AccountRecord> {
  const { directory } = engine;
  for (const name of names) {
    const record = (await directory.find(normalizeAccountName(name))) ?? (await directory.get(name));
    if (!record) throw new CommandError(`there is no account ${name} to copy`);
    yield record;
  }
  if (names.length > 0) return;
  for (let after: string | undefined; ; ) {
    const page: AccountRecord[] = await directory.list({ ...(after !== undefined && { after }), limit: 100 });
    for (const record of page) if (!isAbsent(record)) yield record;
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}

function tell({ id, name }: AccountRecord, { outcome, ...counts }: TransferResult, json: boolean): void {
  if (json) {
    printJson({ id, name, outcome, ...counts });
    return;
  }
  const mail = `${formatCount(counts.messages)} messages in ${formatCount(counts.mailboxes)} mailboxes, ${formatOctets(counts.octets)}`;
  console.log(
    outcome === 'there' ? `account ${name} is there already` : `account ${name} copied and compared: ${mail}`,
  );
}
