/** What a command does to the model, and how it has to be answered. */

import { isBelow } from '../../../src/model/mailbox.ts';
import type { AccountModel, ModelMailbox, ModelPlacement, UidPairs } from './account-model.ts';
import type { RandomCommand } from './random-commands.ts';
import { modelMessage, nameOf, type WrittenCommand } from './write-command.ts';

/** The selected mailbox of a session. */
export interface ModelSession {
  /** Of a mailbox that may be gone, or `null`. */
  selected: number | null;
  readOnly: boolean;
}

/** How a command has to be answered. */
export interface Prediction {
  readonly status: readonly string[];
  /** Pattern of the response code. */
  readonly code: RegExp;
  /** UIDs that are fetched, each with its flags when they are asked for. */
  readonly fetched?: ReadonlyMap<number, ModelPlacement>;
  /** UIDs that a SEARCH finds among those that the client was told. */
  readonly found?: readonly number[];
  /** UIDs that STORE left alone. */
  readonly modified?: readonly number[];
  /** Untagged lines that have to be among the answer, as a sorted text. */
  readonly lines?: readonly string[];
  /** The mailbox that was opened. */
  readonly opened?: ModelMailbox;
}

const NONE = /^$/;
const ANY = /^/;
const ok = (code: RegExp = NONE, more: Partial<Prediction> = {}): Prediction => ({ status: ['OK'], code, ...more });
const no = (code: RegExp): Prediction => ({ status: ['NO'], code });
const BAD: Prediction = { status: ['BAD'], code: ANY };
const EXISTS = /^ALREADYEXISTS$/;
const MISSING = /^NONEXISTENT$/;

/** Runs a command on the model. */
export function predict(model: AccountModel, session: ModelSession, written: WrittenCommand): Prediction {
  const { command } = written;
  if (command.kind === 'select') return selecting(model, session, command);
  if ('set' in command || ['close', 'unselect', 'expunge'].includes(command.kind)) {
    if (session.selected === null) return BAD;
    const mailbox = model.byId(session.selected);
    if (!mailbox) return inGoneMailbox(session, command);
    return inMailbox(model, session, mailbox, written);
  }
  return ofAccount(model, session, command);
}

function selecting(
  model: AccountModel,
  session: ModelSession,
  command: RandomCommand & { kind: 'select' },
): Prediction {
  session.selected = null;
  const opened = model.byPath(nameOf(command.mailbox));
  if (!opened) return no(MISSING);
  session.selected = opened.id;
  session.readOnly = command.readOnly;
  return ok(command.readOnly ? /^READ-ONLY$/ : /^READ-WRITE$/, { opened });
}

/** Nothing is promised but that nothing is changed, and that the session ends soon. */
function inGoneMailbox(session: ModelSession, { kind }: RandomCommand): Prediction {
  if (kind === 'close' || kind === 'unselect') session.selected = null;
  return { status: kind === 'unselect' ? ['OK'] : ['OK', 'NO', 'BAD'], code: ANY };
}

function ofAccount(model: AccountModel, session: ModelSession, command: RandomCommand): Prediction {
  const path = 'mailbox' in command ? nameOf(command.mailbox) : '';
  const mailbox = model.byPath(path);
  switch (command.kind) {
    case 'create':
      if (mailbox) return no(EXISTS);
      model.create(path);
      return ok(/^MAILBOXID /);
    case 'delete':
      if (path === 'INBOX') return no(/^CANNOT$/);
      if (!mailbox) return no(model.hasBelow(path) ? /^HASCHILDREN$/ : MISSING);
      model.remove(mailbox);
      if (session.selected === mailbox.id) session.selected = null;
      return ok();
    case 'rename':
      return renaming(model, path, nameOf(command.to));
    case 'subscribe':
      model.subscriptions.add(path);
      return ok();
    case 'unsubscribe':
      model.subscriptions.delete(path);
      return ok();
    case 'append':
      if (!mailbox) return no(/^TRYCREATE$/);
      return ok(appendCode(mailbox, appending(model, mailbox, command.messages)));
    case 'status':
      return mailbox ? ok(NONE, { lines: [statusLine(model, mailbox)] }) : no(MISSING);
    case 'listSubscribed':
      return ok(NONE, { lines: [...model.subscriptions].sort() });
    case 'list':
      return ok(NONE, { lines: model.mailboxes.map((each) => each.path).sort() });
    default:
      return ok();
  }
}

function renaming(model: AccountModel, from: string, to: string): Prediction {
  if (!model.byPath(from) && !model.hasBelow(from)) return no(MISSING);
  if (model.byPath(to)) return no(EXISTS);
  if (isBelow(to, from)) return no(/^CANNOT$/);
  if (model.hasBelow(to)) return no(EXISTS);
  if (from === 'INBOX') model.renameInbox(to);
  else model.rename(from, to);
  return ok();
}

function appending(model: AccountModel, mailbox: ModelMailbox, messages: readonly (readonly string[])[]): number[] {
  return messages.map((flags, index) => model.append(mailbox, flags, modelMessage(index * 10).length));
}

function inMailbox(
  model: AccountModel,
  session: ModelSession,
  mailbox: ModelMailbox,
  written: WrittenCommand,
): Prediction {
  const { command } = written;
  switch (command.kind) {
    case 'unselect':
      session.selected = null;
      return ok();
    case 'close':
      if (!session.readOnly) model.expunge(mailbox, deletedOf(mailbox));
      session.selected = null;
      return ok();
    case 'expunge':
    case 'uidExpunge': {
      if (session.readOnly) return no(/^READ-ONLY$/);
      const among = new Set(written.targets);
      model.expunge(
        mailbox,
        deletedOf(mailbox).filter((uid) => command.kind === 'expunge' || among.has(uid)),
      );
      return ok(/^(?:HIGHESTMODSEQ \d+)?$/);
    }
    case 'store':
      return storing(model, session, mailbox, written);
    case 'copy':
    case 'move':
      return transferring(model, session, mailbox, written);
    case 'fetch':
      return fetching(model, session, mailbox, written);
    default:
      return searching(model, mailbox, written);
  }
}

function storing(
  model: AccountModel,
  session: ModelSession,
  mailbox: ModelMailbox,
  written: WrittenCommand,
): Prediction {
  const command = written.command as RandomCommand & { kind: 'store' };
  if (session.readOnly) return no(/^READ-ONLY$/);
  if (written.badNumber) return BAD;
  const targets = placementsOf(mailbox, written.targets);
  const unchanged = (place: ModelPlacement): boolean =>
    command.unchangedSince === null || place.modSeq <= written.since;
  const stored = targets.filter(unchanged);
  const modified = targets.filter((place) => !unchanged(place)).map(({ uid }) => uid);
  for (const place of stored) model.setFlags(mailbox, place, changedFlags(model.flagsOf(place), command));
  const code = modified.length > 0 ? /^MODIFIED / : issuedCode(mailbox, written);
  const fetched = command.silent ? {} : { fetched: byUid(stored) };
  return ok(code, { modified, ...fetched });
}

/** What STORE makes of flags. RFC 9051 section 6.4.6. */
export function changedFlags(before: string, command: RandomCommand & { kind: 'store' }): Set<string> {
  const flags = new Set(before.match(/\S+/g) ?? []);
  if (command.mode === '') return new Set(command.flags);
  for (const flag of command.flags) {
    if (command.mode === '+') flags.add(flag);
    else flags.delete(flag);
  }
  return flags;
}

function transferring(
  model: AccountModel,
  session: ModelSession,
  mailbox: ModelMailbox,
  written: WrittenCommand,
): Prediction {
  const command = written.command as RandomCommand & { kind: 'copy' | 'move' };
  if (command.kind === 'move' && session.readOnly) return no(/^READ-ONLY$/);
  if (written.badNumber) return BAD;
  const target = model.byPath(nameOf(command.mailbox));
  if (!target) return no(/^(?:TRYCREATE|NONEXISTENT)$/);
  const pairs = model[command.kind](mailbox, written.targets, target);
  return ok(pairs.length > 0 ? copyCode(target, pairs) : issuedCode(mailbox, written));
}

function fetching(
  model: AccountModel,
  session: ModelSession,
  mailbox: ModelMailbox,
  written: WrittenCommand,
): Prediction {
  const command = written.command as RandomCommand & { kind: 'fetch' };
  if (written.badNumber) return BAD;
  const { changedSince } = command;
  const fetched = placementsOf(mailbox, written.targets).filter(
    ({ modSeq }) => changedSince === null || modSeq > written.since,
  );
  if (command.items === 'BODY[TEXT]' && !session.readOnly) {
    for (const place of fetched)
      model.setFlags(mailbox, place, new Set([...(model.flagsOf(place).match(/\S+/g) ?? []), '\\Seen']));
  }
  const code = changedSince === null ? issuedCode(mailbox, written) : /^(?:EXPUNGEISSUED)?$/;
  return ok(code, { fetched: byUid(fetched) });
}

function searching(model: AccountModel, mailbox: ModelMailbox, written: WrittenCommand): Prediction {
  const { key } = written.command as RandomCommand & { kind: 'search' };
  const numbers = new Set(written.targets);
  const found = placementsOf(mailbox, written.view).filter((place) => {
    const flags = ` ${model.flagsOf(place)} `;
    const has = (flag: string): boolean => flags.includes(` ${flag} `);
    if (key === 'SET') return numbers.has(place.uid);
    if (key === 'ALL') return true;
    if (key === 'SEEN') return has('\\Seen');
    if (key === 'UNSEEN') return !has('\\Seen');
    if (key === 'DELETED') return has('\\Deleted');
    if (key === 'UNDELETED FLAGGED') return !has('\\Deleted') && has('\\Flagged');
    return key === 'KEYWORD blue' ? has('blue') : !has('green');
  });
  return ok(NONE, { found: found.map(({ uid }) => uid) });
}

function placementsOf(mailbox: ModelMailbox, uids: readonly number[]): ModelPlacement[] {
  const wanted = new Set(uids);
  return mailbox.placements.filter(({ uid }) => wanted.has(uid));
}

function deletedOf(mailbox: ModelMailbox): number[] {
  return mailbox.placements.filter(({ deleted }) => deleted).map(({ uid }) => uid);
}

function byUid(places: readonly ModelPlacement[]): Map<number, ModelPlacement> {
  return new Map(places.map((place) => [place.uid, place]));
}

/** RFC 5530 section 3: messages asked for by number are gone, of which the client was not told yet. */
function issuedCode(mailbox: ModelMailbox, { uid, targets }: WrittenCommand): RegExp {
  return !uid && targets.length > placementsOf(mailbox, targets).length ? /^EXPUNGEISSUED$/ : NONE;
}

function appendCode({ uidValidity }: ModelMailbox, uids: readonly number[]): RegExp {
  return new RegExp(`^APPENDUID ${uidValidity || '\\d+'} ${setOf(uids)}$`);
}

function copyCode({ uidValidity }: ModelMailbox, pairs: UidPairs): RegExp {
  const [from, to] = [0, 1].map((side) => setOf(pairs.map((pair) => pair[side as 0 | 1])));
  return new RegExp(`^COPYUID ${uidValidity || '\\d+'} ${from} ${to}$`);
}

function setOf(uids: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const uid of uids) {
    const range = ranges.at(-1);
    if (range && range[1] === uid - 1) range[1] = uid;
    else ranges.push([uid, uid]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`)).join(',');
}

function statusLine(model: AccountModel, { path, uidNext, uidValidity, placements }: ModelMailbox): string {
  const count = (has: (flags: string) => boolean): number =>
    placements.filter((place) => has(model.flagsOf(place))).length;
  const unseen = count((flags) => !flags.includes('\\Seen'));
  const deleted = count((flags) => flags.includes('\\Deleted'));
  const size = placements.reduce((sum, { message }) => sum + (model.messages.get(message)?.size ?? 0), 0);
  return `* STATUS ${path} (MESSAGES ${placements.length} UIDNEXT ${uidNext} UIDVALIDITY ${uidValidity} UNSEEN ${unseen} DELETED ${deleted} SIZE ${size})`;
}
