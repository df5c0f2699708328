/** `eider import`: mbox, Maildir and message files into an account. */

import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { CommandDef } from 'citty';
import type { FromQuoting } from '../mime/from-quoting.ts';
import { normalizePath } from '../model/mailbox.ts';
import type { MessageStore } from '../store/message-store.ts';
import { CommandError, command, type GivenArguments } from './command.ts';
import { findMail } from './find-mail.ts';
import { ImportJournal } from './import-journal.ts';
import { type ImportCounts, importSource, settlePending } from './import-run.ts';
import type { LineEndings } from './line-endings.ts';
import type { MailFormat } from './mail-source.ts';
import { formatCount, formatOctets } from './octets.ts';
import { stateFolder, withStore } from './open-place.ts';
import { printJson } from './output.ts';
import { Progress } from './progress.ts';
import { type StoreOptions, storeArgs, storePlace } from './store-place.ts';
import { untilStopped } from './until-stopped.ts';

/** May be stopped anywhere and run again: what the account has is skipped. Ends with 1 when messages failed. */
export const importCommand: CommandDef = command({
  meta: { name: 'import', description: 'Import an mbox, a Maildir or message files' },
  args: {
    account: { type: 'positional', description: 'Name, address or id', required: true },
    path: {
      type: 'positional',
      description:
        'mbox file, folder of *.mbox files, Maildir, message file, or folder of *.eml files; may be repeated',
      required: true,
    },
    mailbox: {
      type: 'string',
      valueHint: 'M',
      description: 'Mailbox to import into; folders of the source go below it',
    },
    format: {
      type: 'enum',
      options: ['auto', 'mbox', 'maildir', 'eml'],
      default: 'auto',
      description: 'What the path is',
    },
    'from-quoting': {
      type: 'enum',
      options: ['mboxrd', 'mboxo', 'none'],
      default: 'mboxrd',
      description: 'How an mbox quotes lines that begin with "From "',
    },
    'line-endings': {
      type: 'enum',
      options: ['keep', 'crlf'],
      default: 'keep',
      description: 'keep every octet as it is, or make each LF a CRLF, as mail has it on the wire',
    },
    again: { type: 'boolean', description: 'Import what was imported before once more' },
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  rest: true,
  async run(given, more) {
    await withStore(given, (store) => untilStopped((signal) => importAll(store, given, more, signal)));
  },
});

interface ImportArguments extends StoreOptions {
  readonly account: string;
  readonly path: string;
  readonly mailbox?: string | undefined;
  readonly format: string;
  readonly 'from-quoting': string;
  readonly 'line-endings': string;
  readonly again?: boolean | undefined;
  readonly json?: boolean | undefined;
}

async function importAll(
  store: MessageStore,
  given: ImportArguments,
  more: GivenArguments,
  signal: AbortSignal,
): Promise<void> {
  const counts: ImportCounts = { imported: 0, octets: 0, skipped: 0, failed: 0 };
  const started = performance.now();
  try {
    for (const place of [given.path, ...more.rest])
      await importPath(store, given, await realpath(place), signal, counts);
  } catch (error) {
    // What was done until then is kept, and worth a line; that nothing was done is not.
    if (counts.imported > 0) tell(counts, performance.now() - started, given.json === true);
    throw error;
  }
  tell(counts, performance.now() - started, given.json === true);
  if (counts.failed > 0) throw new CommandError(`${formatCount(counts.failed)} messages could not be imported`);
}

async function importPath(
  store: MessageStore,
  given: ImportArguments,
  place: string,
  signal: AbortSignal,
  counts: ImportCounts,
): Promise<void> {
  const account = (await store.accounts.get(given.account)).id;
  const mailbox = given.mailbox === undefined ? null : normalizePath(given.mailbox);
  const format = given.format === 'auto' ? undefined : (given.format as MailFormat);
  const found = await findMail(place, { format, quoting: given['from-quoting'] as FromQuoting });
  const journal = await ImportJournal.open(
    path.join(stateFolder(storePlace(given)), 'imports'),
    { account, source: found.path, mailbox: mailbox ?? '' },
    { fresh: given.again === true },
  );
  const progress = new Progress(path.basename(place), found.total);
  const lineEndings = given['line-endings'] as LineEndings;
  const context = { store, account, mailbox, lineEndings, journal, progress, signal, counts, places: new Map() };
  try {
    await settlePending(context);
    for (const open of found.sources) {
      const source = await open();
      await importSource(context, source).finally(() => source.close());
    }
  } finally {
    progress.end();
    await journal.close();
  }
}

function tell(counts: ImportCounts, ms: number, json: boolean): void {
  if (json) {
    printJson({ ...counts, ms: Math.round(ms) });
    return;
  }
  const rate = formatCount(Math.round(counts.imported / Math.max(ms / 1000, 0.001)));
  console.log(`imported ${formatCount(counts.imported)} messages, ${formatOctets(counts.octets)} (${rate}/s)`);
  if (counts.skipped > 0)
    console.log(`skipped ${formatCount(counts.skipped)} imported before (--again imports them once more)`);
}
