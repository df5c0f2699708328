/** What an account holds, by the rules of RFC 9051, RFC 7162 and of labels: small, slow and easy to see through. */

import { isBelow, parentPath } from '../../../src/model/mailbox.ts';

/** The position of what a step changed, until the server's is known: above all others. */
export const NEW = Number.POSITIVE_INFINITY;

/** One place of a message. */
export interface ModelPlacement {
  readonly uid: number;
  /** Messages are told apart by number; two placements with one number share their flags. */
  readonly message: number;
  deleted: boolean;
  modSeq: number;
}

/** A mailbox. */
export interface ModelMailbox {
  readonly id: number;
  path: string;
  /** 0 until the server's is known. */
  uidValidity: number;
  uidNext: number;
  highestModSeq: number;
  /** Something happened in it that HIGHESTMODSEQ has to tell. */
  touched: boolean;
  /** Ascending by UID. */
  placements: ModelPlacement[];
  /** UIDs that went, and the account's position before they did. */
  vanished: Map<number, number>;
}

/** Flags of a message without `\Deleted`, and its size. */
export interface ModelMessage {
  flags: ReadonlySet<string>;
  readonly size: number;
}

/** Pairs of UIDs of a COPY or MOVE. */
export type UidPairs = readonly (readonly [from: number, to: number])[];

/** An account. Every change is one transaction. */
export class AccountModel {
  mailboxes: ModelMailbox[] = [];
  messages: Map<number, ModelMessage> = new Map();
  subscriptions: Set<string> = new Set();
  /** The greatest position that was seen. */
  modSeq = 0;
  /** The greatest UIDVALIDITY that was seen. */
  uidValidity = 0;
  #ids = 0;

  clone(): AccountModel {
    const copy = new AccountModel();
    copy.mailboxes = this.mailboxes.map((mailbox) => ({
      ...mailbox,
      placements: mailbox.placements.map((placement) => ({ ...placement })),
      vanished: new Map(mailbox.vanished),
    }));
    copy.messages = new Map([...this.messages].map(([id, message]) => [id, { ...message }]));
    copy.subscriptions = new Set(this.subscriptions);
    copy.modSeq = this.modSeq;
    copy.uidValidity = this.uidValidity;
    copy.#ids = this.#ids;
    return copy;
  }

  byPath(path: string): ModelMailbox | null {
    return this.mailboxes.find((mailbox) => mailbox.path === path) ?? null;
  }

  byId(id: number | null): ModelMailbox | null {
    return this.mailboxes.find((mailbox) => mailbox.id === id) ?? null;
  }

  hasBelow(path: string): boolean {
    return this.mailboxes.some((mailbox) => isBelow(mailbox.path, path));
  }

  /** All flags of a placement, in order. */
  flagsOf({ message, deleted }: ModelPlacement): string {
    const { flags } = this.messages.get(message) as ModelMessage;
    return flagText(deleted ? [...flags, '\\Deleted'] : flags);
  }

  /** Makes a mailbox, and those above it. */
  create(path: string): ModelMailbox {
    const above = parentPath(path);
    if (above !== null && !this.byPath(above)) this.create(above);
    const made: ModelMailbox = {
      id: ++this.#ids,
      path,
      uidValidity: 0,
      uidNext: 1,
      highestModSeq: 0,
      touched: true,
      placements: [],
      vanished: new Map(),
    };
    this.mailboxes.push(made);
    return made;
  }

  /** With its messages; the name may be made again. */
  remove(mailbox: ModelMailbox): void {
    this.mailboxes = this.mailboxes.filter((other) => other !== mailbox);
  }

  /** With all below it. */
  rename(from: string, to: string): void {
    const above = parentPath(to);
    const moving = this.mailboxes.filter(({ path }) => path === from || isBelow(path, from));
    if (above !== null && !this.byPath(above)) this.create(above);
    for (const mailbox of moving) mailbox.path = to + mailbox.path.slice(from.length);
  }

  /** The messages of INBOX go, INBOX stays. RFC 9051 section 6.3.6. */
  renameInbox(to: string): void {
    const inbox = this.byPath('INBOX') as ModelMailbox;
    this.move(
      inbox,
      inbox.placements.map(({ uid }) => uid),
      this.create(to),
    );
  }

  append(mailbox: ModelMailbox, flags: readonly string[], size: number): number {
    const shared = new Set(flags.filter((flag) => flag !== '\\Deleted'));
    return this.#place(mailbox, this.#newMessage({ flags: shared, size }), flags.includes('\\Deleted'));
  }

  /** A message that the target has already becomes one of its own. */
  copy(from: ModelMailbox, uids: readonly number[], to: ModelMailbox): UidPairs {
    const had = new Set(to.placements.map(({ message }) => message));
    return this.#placesOf(from, uids).map(({ uid, message, deleted }) => {
      const own = had.has(message) ? this.#newMessage(this.messages.get(message) as ModelMessage) : message;
      return [uid, this.#place(to, own, deleted)];
    });
  }

  move(from: ModelMailbox, uids: readonly number[], to: ModelMailbox): UidPairs {
    const moving = this.#placesOf(from, uids);
    const had = new Set(from === to ? [] : to.placements.map(({ message }) => message));
    this.expunge(
      from,
      moving.map(({ uid }) => uid),
    );
    return moving.map(({ uid, message, deleted }) => {
      const own = had.has(message) ? this.#newMessage(this.messages.get(message) as ModelMessage) : message;
      return [uid, this.#place(to, own, deleted)];
    });
  }

  expunge(mailbox: ModelMailbox, uids: Iterable<number>): void {
    const gone = new Set(uids);
    if (gone.size === 0) return;
    for (const uid of gone) mailbox.vanished.set(uid, this.modSeq);
    mailbox.placements = mailbox.placements.filter(({ uid }) => !gone.has(uid));
    mailbox.touched = true;
  }

  /** Sets all flags of a message: `\Deleted` in this place, the others in every place. */
  setFlags(mailbox: ModelMailbox, placement: ModelPlacement, flags: ReadonlySet<string>): void {
    const message = this.messages.get(placement.message) as ModelMessage;
    const shared = new Set([...flags].filter((flag) => flag !== '\\Deleted'));
    if (placement.deleted !== flags.has('\\Deleted')) {
      placement.deleted = flags.has('\\Deleted');
      touch(mailbox, placement);
    }
    if (flagText(message.flags) === flagText(shared)) return;
    message.flags = shared;
    for (const each of this.mailboxes)
      for (const place of each.placements) if (place.message === placement.message) touch(each, place);
  }

  /** Puts a message in, as it is when the model begins. */
  adopt(mailbox: ModelMailbox, place: Omit<ModelPlacement, 'message'>, message: ModelMessage): void {
    mailbox.placements.push({ ...place, message: this.#newMessage(message) });
  }

  #newMessage({ flags, size }: ModelMessage): number {
    this.messages.set(++this.#ids, { flags, size });
    return this.#ids;
  }

  #place(mailbox: ModelMailbox, message: number, deleted: boolean): number {
    const uid = mailbox.uidNext++;
    mailbox.placements.push({ uid, message, deleted, modSeq: NEW });
    mailbox.touched = true;
    return uid;
  }

  #placesOf(mailbox: ModelMailbox, uids: readonly number[]): ModelPlacement[] {
    const wanted = new Set(uids);
    return mailbox.placements.filter(({ uid }) => wanted.has(uid));
  }
}

function touch(mailbox: ModelMailbox, placement: ModelPlacement): void {
  placement.modSeq = NEW;
  mailbox.touched = true;
}

/** Flags in one order, so that equal sets are equal texts. */
export function flagText(flags: Iterable<string>): string {
  return [...flags].sort().join(' ');
}
