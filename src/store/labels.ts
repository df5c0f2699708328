/** Labels: the mailboxes that a message is in, as attributes of the message. */

import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import type { OtherPlace } from '../engine/records.ts';
import { EiderError } from '../errors.ts';
import type { AccountId, MailboxId, Uid } from '../model/ids.ts';
import { type Mailbox, normalizePath, type SpecialUse } from '../model/mailbox.ts';
import { UidSet } from '../model/uid-set.ts';
import { accountSettings, enforceLimits, resolveMailbox, type StoreContext } from './context.ts';
import { visibleMailboxes, visiblePlaces } from './hidden-mailboxes.ts';
import { makeMailbox } from './mailboxes.ts';
import type { LabelsChange, LabelsResult, MailboxRef } from './message-store.ts';
import { type LabelWay, sealInPlace } from './seal-in-place.ts';

/** Where messages go that would be nowhere. */
const ARCHIVES: readonly (SpecialUse | null)[] = ['\\All', '\\Archive'];

/** The mailboxes that messages are in, but for the one that is asked about. */
export function readLabels(
  { engine }: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  uids: UidSet,
): Promise<Map<Uid, readonly Mailbox[]>> {
  return engine.read(account, async (tx) => {
    const mailbox = await resolveMailbox(tx, ref);
    const places = await tx.otherPlaces(mailbox.id, uids);
    const mailboxes = new Map((await visibleMailboxes(tx)).map((one) => [one.id, one]));
    const labels = new Map<Uid, Mailbox[]>();
    for (const { uid, mailboxId } of places) {
      const label = mailboxes.get(mailboxId);
      if (label) labels.set(uid, [...(labels.get(uid) ?? []), label]);
    }
    return labels;
  });
}

/** Changes which mailboxes messages are in, in one transaction. */
export async function changeLabels(
  context: StoreContext,
  account: AccountId,
  ref: MailboxRef,
  uids: UidSet,
  { mode, labels }: LabelsChange,
): Promise<LabelsResult> {
  const paths = [...new Set(labels.map(normalizePath))];
  const { limits, copies } = await accountSettings(context, account);
  if (copies === 'separate') throw new EiderError('UNSUPPORTED', 'the account has no labels: its copies are separate');
  const sealed = await sealInPlace(context, account, uids, (tx) => labelWay(tx, ref, mode, paths));
  return context.engine.write(account, async (tx) => {
    const { uids } = sealed;
    const mailbox = await resolveMailbox(tx, ref);
    const before = await visiblePlaces(tx, await tx.otherPlaces(mailbox.id, uids));
    const named: MailboxId[] = [];
    for (const path of paths) {
      const found = await tx.mailboxByPath(path);
      if (found) named.push(found.id);
      else if (mode !== 'remove') named.push((await makeMailbox(tx, path, null, limits)).id);
    }
    const change = new PlaceChange(tx, mailbox, uids, before);
    if (mode !== 'remove') {
      await change.add(named);
      await enforceLimits(tx, limits);
    }
    if (mode === 'remove') await change.remove(named);
    if (mode === 'replace') await change.removeOthers(named);
    return {
      modSeq: change.happened ? tx.modSeq : tx.modSeq - 1,
      gone: change.gone.difference(sealed.fresh).union(sealed.replaced),
      left: uids.difference(change.gone),
    };
  });
}

/** Where a change of labels may bring messages. */
async function labelWay(
  tx: ReadTransaction,
  ref: MailboxRef,
  mode: LabelsChange['mode'],
  paths: readonly string[],
): Promise<LabelWay> {
  const { id, path } = await resolveMailbox(tx, ref);
  const isArchived = mode === 'remove' && paths.includes(path);
  const to = (await visibleMailboxes(tx)).filter((one) =>
    mode === 'remove' ? isArchived && ARCHIVES.includes(one.specialUse) : paths.includes(one.path),
  );
  return { from: id, to: to.map((one) => one.id) };
}

/** One change of where messages of a mailbox are. */
class PlaceChange {
  /** Those that left the mailbox. */
  gone: UidSet = UidSet.empty;
  happened = false;
  readonly #tx: WriteTransaction;
  readonly #mailbox: Mailbox;
  readonly #uids: UidSet;
  readonly #before: readonly OtherPlace[];

  constructor(tx: WriteTransaction, mailbox: Mailbox, uids: UidSet, before: readonly OtherPlace[]) {
    this.#tx = tx;
    this.#mailbox = mailbox;
    this.#uids = uids;
    this.#before = before;
  }

  /** Adds the messages to mailboxes that they are not in. What goes to the trash or the junk goes there alone. */
  async add(targets: readonly MailboxId[]): Promise<void> {
    for (const target of targets) {
      if (target === this.#mailbox.id) continue;
      const there = UidSet.from(this.#before.filter((place) => place.mailboxId === target).map(({ uid }) => uid));
      const missing = this.#uids.difference(there);
      if (missing.isEmpty) continue;
      const copied = await this.#tx.copy(this.#mailbox.id, missing, target, 'label');
      this.happened ||= copied.length > 0;
    }
    for (const target of targets) {
      const use = (await this.#tx.mailbox(target))?.specialUse;
      if (target === this.#mailbox.id || (use !== '\\Trash' && use !== '\\Junk')) continue;
      await this.#expunge(this.#before.filter((place) => place.mailboxId !== target));
      this.#note(await this.#tx.expunge(this.#mailbox.id, this.#uids));
      return;
    }
  }

  /** Takes the messages out of mailboxes; what would be nowhere is archived. */
  async remove(targets: readonly MailboxId[]): Promise<void> {
    const leaving = this.#before.filter((place) => targets.includes(place.mailboxId));
    await this.#expunge(leaving);
    if (!targets.includes(this.#mailbox.id)) return;
    const staying = this.#before.filter((place) => !targets.includes(place.mailboxId));
    const elsewhere = UidSet.from(staying.map(({ uid }) => uid)).intersection(this.#uids);
    const alone = this.#uids.difference(elsewhere);
    if (!alone.isEmpty) {
      const archive = await this.#archive(targets);
      const moved = await this.#tx.move(this.#mailbox.id, alone, archive.id);
      this.#note(UidSet.from(moved.map(({ from }) => from)));
    }
    if (!elsewhere.isEmpty) this.#note(await this.#tx.expunge(this.#mailbox.id, elsewhere));
  }

  /** Takes the messages out of all mailboxes but their own and the given ones. */
  async removeOthers(kept: readonly MailboxId[]): Promise<void> {
    if (this.gone.isEmpty) await this.#expunge(this.#before.filter((place) => !kept.includes(place.mailboxId)));
  }

  async #expunge(places: readonly OtherPlace[]): Promise<void> {
    const byMailbox = new Map<MailboxId, Uid[]>();
    for (const { mailboxId, at } of places) {
      const uids = byMailbox.get(mailboxId);
      if (uids) uids.push(at);
      else byMailbox.set(mailboxId, [at]);
    }
    for (const [mailboxId, uids] of byMailbox) {
      const gone = await this.#tx.expunge(mailboxId, UidSet.from(uids));
      this.happened ||= !gone.isEmpty;
    }
  }

  #note(gone: UidSet): void {
    this.gone = this.gone.union(gone);
    this.happened ||= !gone.isEmpty;
  }

  /** Where messages go that have no other label. */
  async #archive(leaving: readonly MailboxId[]): Promise<Mailbox> {
    const mailboxes = (await visibleMailboxes(this.#tx)).filter((one) => !leaving.includes(one.id));
    const archive =
      mailboxes.find((one) => one.specialUse === '\\All') ?? mailboxes.find((one) => one.specialUse === '\\Archive');
    if (!archive) throw new EiderError('UNSUPPORTED', 'a message must be in a mailbox, and there is no archive');
    return archive;
  }
}
