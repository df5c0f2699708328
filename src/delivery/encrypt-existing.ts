/** Encrypts the mail that an account has already, message by message. */

import { type EncryptionState, encryptionInto, encryptsAny, encryptsInto } from '../crypto/encryption-state.ts';
import { formAtRest } from '../crypto/form-at-rest.ts';
import { isEncrypted } from '../crypto/is-encrypted.ts';
import { EiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import { splitMessage } from '../mime/split-message.ts';
import { DRAFT } from '../model/flags.ts';
import type { AccountId, MailboxId, Uid } from '../model/ids.ts';
import type { JobKind, JobRun } from '../model/job.ts';
import type { Mailbox } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import type { StoreContext } from '../store/context.ts';
import { expungedFrom, isHidden } from '../store/hidden-mailboxes.ts';
import { replaceContent } from '../store/replace-content.ts';
import { readAccountRules } from './account-rules.ts';

const PAGE = 50;
const LAST_UID = 0xffffffff;

/** Where a run goes on. */
interface Position {
  readonly mailbox: MailboxId;
  readonly after: Uid;
  /** What comes while it runs is encrypted already, or is a copy that was made here. */
  readonly end: Uid;
  readonly encrypted: number;
}

/**
 * `encryptMail`: all mail of the account but drafts, or all of the mailboxes that are encrypted, also what was expunged
 * and can be brought back. Encryption has to be on. What cannot be encrypted ends the run for this time; nothing is done twice. Old octets leave the records at once;
 * attachments leave with the next sweep.
 */
export function encryptMailJob(context: StoreContext): JobKind {
  return {
    kind: 'encryptMail',
    everyMs: null,
    async run(job) {
      const account = job.account;
      if (account === null) throw new EiderError('INVALID_ARGUMENT', 'the job needs an account');
      const { encryption } = await readAccountRules(context.engine.vault, account);
      if (!encryptsAny(encryption)) throw new EiderError('KEY_INVALID', 'encryption is off');
      await encryptAll(context, account, job, encryption);
    },
  };
}

async function encryptAll(
  context: StoreContext,
  account: AccountId,
  job: JobRun,
  encryption: EncryptionState,
): Promise<void> {
  const { engine } = context;
  const from = job.state as Position | null;
  let encrypted = from?.encrypted ?? 0;
  const all = await engine.read(account, (tx) => tx.mailboxes());
  // What waits to be sent is encrypted, or the store's own words.
  const mailboxes = all
    .filter((one) => !isHidden(one) || expungedFrom(one))
    .filter((one) => encryptsInto(encryption, originOf(one)))
    .sort((a, b) => a.id - b.id);
  const total = mailboxes.reduce((sum, { messages }) => sum + messages, 0);
  for (const mailbox of mailboxes) {
    if (from && mailbox.id < from.mailbox) continue;
    const isSame = from?.mailbox === mailbox.id;
    const end = isSame ? from.end : mailbox.uidNext - 1;
    for (let after = isSame ? from.after : 0; ; ) {
      const uids = after < end ? UidSet.range(after + 1, Math.min(end, LAST_UID)) : UidSet.empty;
      const page = await engine.read(account, (tx) =>
        tx.fetch(mailbox.id, uids, { body: true, limit: PAGE, bodyLimit: 1 << 20 }),
      );
      for (const { uid, mask, body, tree } of page) {
        if (body && tree && !(mask & DRAFT)) {
          const whole = new MessageBody(body, tree, context.blobs);
          const place = { mailbox: mailbox.id, origin: originOf(mailbox), uid };
          if (await encryptOne(context, account, place, () => whole.read())) encrypted++;
        }
        after = uid;
      }
      await job.progress(encrypted, total, { mailbox: mailbox.id, after, end, encrypted } satisfies Position);
      if (page.length === 0) break;
    }
  }
}

/** The mailbox that a message is in, or was in before it was expunged. */
const originOf = (mailbox: Mailbox): MailboxId => expungedFrom(mailbox)?.mailboxId ?? mailbox.id;

async function encryptOne(
  context: StoreContext,
  account: AccountId,
  { mailbox, origin, uid }: { readonly mailbox: MailboxId; readonly origin: MailboxId; readonly uid: Uid },
  read: () => AsyncIterable<Uint8Array>,
): Promise<boolean> {
  if (await isEncrypted(read())) return false;
  // Read for each message: a key may be added or taken away while the job runs.
  const rules = await readAccountRules(context.engine.vault, account);
  const encryption = encryptionInto(rules.encryption, [origin]);
  if (!encryption.enabled) throw new EiderError('KEY_INVALID', 'encryption is off');
  const content = await splitMessage(formAtRest(encryption, read, Date.now()), context.blobs);
  return (await replaceContent(context, account, mailbox, uid, content)) !== null;
}
