/** Bringing back what was expunged or deleted, and how long things are kept. */

import { EiderError } from '../errors.ts';
import { MessageBody } from '../mime/message-body.ts';
import type { Account } from '../model/account.ts';
import type { AccountId, MailboxId, Uid } from '../model/ids.ts';
import type { MailboxRef } from '../model/mailbox.ts';
import type {
  HeldMessage,
  LegalHold,
  MailboxRetention,
  Recovery,
  RestorableAccount,
  RestorableMailbox,
  RestorableMessage,
  RestoreFilter,
  RestoreResult,
} from '../model/recovery.ts';
import { UidSet } from '../model/uid-set.ts';
import { patternsOf, registerAddresses, requireAddressesFree } from './address-registration.ts';
import type { StoreContext } from './context.ts';
import { expungedFrom, isHidden } from './hidden-mailboxes.ts';
import { addHold, findHold, type HoldOptions, heldQuery, listHolds, removeHold } from './legal-holds.ts';
import { bringBackAccount, restorableAccounts } from './removed-accounts.ts';
import { keptMailboxes, listKept, purgeKept, restoreMessages } from './restore.ts';
import { readRetention, writeRetention } from './retention.ts';

/** Messages read at once. */
const PAGE = 50;

/** Recovery over any engine. */
export class StoreRecovery implements Recovery {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async mailboxes(account: AccountId): Promise<RestorableMailbox[]> {
    const found = await this.#context.engine.read(account, keptMailboxes);
    return found.map(({ from }) => from);
  }

  messages(
    account: AccountId,
    mailboxId: MailboxId,
    options: { readonly after?: Uid; readonly limit?: number } = {},
  ): Promise<RestorableMessage[]> {
    return listKept(this.#context, account, mailboxId, options);
  }

  restore(
    account: AccountId,
    mailboxId: MailboxId,
    filter: RestoreFilter = {},
    to?: MailboxRef,
  ): Promise<RestoreResult> {
    return restoreMessages(this.#context, account, mailboxId, filter, to);
  }

  purge(
    account: AccountId,
    options: { readonly mailboxId?: MailboxId; readonly before?: number } = {},
  ): Promise<number> {
    return purgeKept(this.#context, account, { ...options, force: true });
  }

  accounts(): AsyncIterable<RestorableAccount> {
    return restorableAccounts(this.#context.engine);
  }

  restoreAccount(ref: string): Promise<Account> {
    const { engine } = this.#context;
    return bringBackAccount(engine, ref, {
      requireFree: async (record) => requireAddressesFree(engine, record, await patternsOf(engine, record)),
      register: (record) => registerAddresses(engine, record),
    });
  }

  retention(account: AccountId): Promise<MailboxRetention[]> {
    return readRetention(this.#context, account);
  }

  setRetention(account: AccountId, mailbox: MailboxRef, days: number | null | undefined): Promise<void> {
    return writeRetention(this.#context, account, mailbox, days);
  }

  holds(account: AccountId): Promise<LegalHold[]> {
    return listHolds(this.#context, account);
  }

  findHold(id: string): Promise<{ readonly account: AccountId; readonly hold: LegalHold } | null> {
    return findHold(this.#context, id);
  }

  addHold(account: AccountId, hold: HoldOptions = {}): Promise<LegalHold> {
    return addHold(this.#context, account, hold);
  }

  removeHold(account: AccountId, id: string): Promise<boolean> {
    return removeHold(this.#context, account, id);
  }

  async *held(account: AccountId, id: string): AsyncGenerator<HeldMessage, void, undefined> {
    const { engine, blobs } = this.#context;
    const hold = (await listHolds(this.#context, account)).find((one) => one.id === id);
    if (!hold) throw new EiderError('INVALID_ARGUMENT', 'there is no such hold');
    const all = await engine.read(account, (tx) => tx.mailboxes());
    const paths = new Map(all.map((mailbox) => [mailbox.id, mailbox.path]));
    // Of a message in several mailboxes once, where it can be seen.
    const told = new Set<number>();
    for (const mailbox of [...all.filter((one) => !isHidden(one)), ...all.filter((one) => expungedFrom(one))]) {
      const origin = expungedFrom(mailbox);
      const path = origin ? (origin.path ?? paths.get(origin.mailboxId) ?? null) : mailbox.path;
      const query = heldQuery([hold]) ?? { key: 'all' };
      const found = await engine.read(account, (tx) => tx.search(mailbox.id, query));
      for (let at = 0; at < found.length; at += PAGE) {
        const uids = UidSet.fromSorted(found.subarray(at, at + PAGE));
        const fields = { body: true, tree: true, limit: PAGE };
        const records = await engine.read(account, (tx) => tx.fetch(mailbox.id, uids, fields));
        for (const { emailId, internalDate, saveDate, size, body, tree } of records) {
          if (told.has(emailId) || !body || !tree) continue;
          told.add(emailId);
          const read = (): AsyncIterable<Buffer> => new MessageBody(body, tree, blobs).read();
          yield { path, expunged: origin ? saveDate : null, internalDate, size, read };
        }
      }
    }
  }
}
