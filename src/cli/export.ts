/** `eider export`: an account as a Maildir or as mbox files. */

import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CommandDef } from 'citty';
import { CommandError, command, UsageError } from './command.ts';
import { exportMaildir } from './export-maildir.ts';
import { exportMbox } from './export-mbox.ts';
import { fileOfMailbox } from './find-mail.ts';
import type { ExportResult, MailboxExport } from './mailbox-export.ts';
import { maildirFolder } from './maildir-names.ts';
import { formatCount } from './octets.ts';
import { withStore } from './open-place.ts';
import { printJson } from './output.ts';
import { Progress } from './progress.ts';
import { storeArgs } from './store-place.ts';
import { untilStopped } from './until-stopped.ts';

/** Ends with 1 when a message could not be read; all others are exported then. */
export const exportCommand: CommandDef = command({
  meta: { name: 'export', description: 'Export an account, or one mailbox of it, as a Maildir or as mbox files' },
  args: {
    account: { type: 'positional', description: 'Name, address or id', required: true },
    target: {
      type: 'positional',
      description: 'New or empty folder; with --mailbox and mbox a new file',
      required: true,
    },
    format: {
      type: 'enum',
      options: ['maildir', 'mbox'],
      default: 'maildir',
      description: 'maildir keeps flags and every octet',
    },
    mailbox: { type: 'string', valueHint: 'M', description: 'Only this mailbox' },
    json: { type: 'boolean', description: 'Print JSON' },
    ...storeArgs,
  },
  async run(args) {
    const target = path.resolve(args.target);
    const result = await withStore(args, (store) =>
      untilStopped(async (signal) => {
        const account = (await store.accounts.get(args.account)).id;
        const only = args.mailbox === undefined ? null : await store.mailbox(account, args.mailbox);
        const mailboxes = only ? [only] : await store.mailboxes(account);
        const isFile = args.format === 'mbox' && only !== null;
        await claim(target, isFile);
        const messages = mailboxes.reduce((sum, mailbox) => sum + mailbox.messages, 0);
        const octets = mailboxes.reduce((sum, mailbox) => sum + mailbox.octets, 0);
        const progress = new Progress(path.basename(target), { messages, octets });
        let exported = 0;
        let failed = 0;
        for (const mailbox of mailboxes) {
          const one = { store, account, mailbox, progress, signal };
          const done = await orTooLong(one, () =>
            args.format === 'mbox'
              ? exportMbox(one, isFile ? target : path.join(target, fileOfMailbox(mailbox.path)))
              : exportMaildir(one, path.join(target, only ? '' : maildirFolder(mailbox.path))),
          );
          exported += done.messages;
          failed += done.failed;
        }
        progress.end();
        return { mailboxes: mailboxes.length, messages: exported, failed };
      }),
    );
    if (args.json) printJson(result);
    else
      console.log(
        `exported ${formatCount(result.messages)} messages of ${formatCount(result.mailboxes)} mailboxes to ${target}`,
      );
    if (result.failed > 0) throw new CommandError(`${formatCount(result.failed)} messages could not be read`);
  },
});

/** An export never writes among files that are there already. */
async function claim(target: string, isFile: boolean): Promise<void> {
  const there = await stat(target).catch(() => null);
  if (isFile) {
    if (there) throw new UsageError(`there is a file already: ${target}`);
    await mkdir(path.dirname(target), { recursive: true });
    return;
  }
  if (there && (!there.isDirectory() || (await readdir(target)).length > 0))
    throw new UsageError(`not an empty folder: ${target}`);
  await mkdir(target, { recursive: true });
}

/** A mailbox may have a longer name than a file; the other mailboxes are exported all the same. */
async function orTooLong(one: MailboxExport, work: () => Promise<ExportResult>): Promise<ExportResult> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error;
    one.progress.note(`not exported: ${one.mailbox.path}: the name is too long for a file`);
    return { messages: 0, failed: Math.max(1, one.mailbox.messages) };
  }
}
