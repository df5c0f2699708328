/** A random command as a client writes it, knowing what it was told. */

import type { AccountModel, ModelMailbox } from './account-model.ts';
import type { ModelClient, Running } from './model-client.ts';
import { NAMES, type RandomCommand, type RandomSet } from './random-commands.ts';

/** A command that is about to be sent. */
export interface WrittenCommand {
  readonly command: RandomCommand;
  readonly text: string;
  readonly running: Running;
  /** `UID` is before it. */
  readonly uid: boolean;
  /** Names a message number that no message has. */
  readonly badNumber: boolean;
  /** UIDs of its set among those that the client was told, -1 for such as it could not learn. */
  readonly targets: readonly number[];
  /** All UIDs that the client was told. */
  readonly view: readonly number[];
  /** UNCHANGEDSINCE, CHANGEDSINCE, or the position of a QRESYNC. */
  readonly since: number;
}

/** Whether the client has to know all its UIDs before it can write a command. */
export function needsUids(command: RandomCommand): boolean {
  return 'set' in command || command.kind === 'expunge';
}

/** Writes a command. */
export function writeCommand(command: RandomCommand, client: ModelClient, model: AccountModel): WrittenCommand {
  const { view, dialect } = client;
  const set = 'set' in command ? resolveSet(command.set, client, command.kind === 'uidExpunge') : null;
  const since = Math.max(0, model.modSeq - backOf(command));
  const uid = set?.uid ?? false;
  return {
    command,
    text: `${uid ? 'UID ' : ''}${textOf(command, { set: set?.text ?? '', uid, since }, model, dialect.qresync)}`,
    running: {
      keepsNumbers: ['fetch', 'store', 'search'].includes(command.kind) && !uid,
      selects: command.kind === 'select',
    },
    uid,
    badNumber: set?.badNumber ?? false,
    targets: set?.targets ?? [],
    view: view.slots.map((slot) => slot.uid),
    since,
  };
}

/** The name that a command uses. */
export function nameOf(mailbox: number): string {
  return NAMES[mailbox] as string;
}

/** A message of some size that tells nothing else. */
export function modelMessage(size: number): string {
  return `Subject: a message\r\n\r\n${'x'.repeat(size)}\r\n`;
}

function backOf(command: RandomCommand): number {
  if (command.kind === 'store') return command.unchangedSince ?? 0;
  if (command.kind === 'fetch') return command.changedSince ?? 0;
  return command.kind === 'select' ? command.back : 0;
}

interface Parameters {
  readonly set: string;
  readonly uid: boolean;
  readonly since: number;
}

function textOf(
  command: RandomCommand,
  { set, uid, since }: Parameters,
  model: AccountModel,
  qresync: boolean,
): string {
  switch (command.kind) {
    case 'noop':
    case 'close':
    case 'unselect':
    case 'expunge':
      return command.kind.toUpperCase();
    case 'uidExpunge':
      return `EXPUNGE ${set}`;
    case 'listSubscribed':
      return 'LIST (SUBSCRIBED) "" "*"';
    case 'list':
      return 'LIST "" "*"';
    case 'select':
      return `${command.readOnly ? 'EXAMINE' : 'SELECT'} ${nameOf(command.mailbox)}${selectParameters(command, since, model, qresync)}`;
    case 'create':
    case 'delete':
    case 'subscribe':
    case 'unsubscribe':
      return `${command.kind.toUpperCase()} ${nameOf(command.mailbox)}`;
    case 'status':
      return `STATUS ${nameOf(command.mailbox)} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE)`;
    case 'rename':
      return `RENAME ${nameOf(command.mailbox)} ${nameOf(command.to)}`;
    case 'append':
      return `APPEND ${nameOf(command.mailbox)}${command.messages.map(appendItem).join('')}`;
    case 'store': {
      const modifier = command.unchangedSince === null ? '' : ` (UNCHANGEDSINCE ${since})`;
      const item = `${command.mode}FLAGS${command.silent ? '.SILENT' : ''}`;
      return `STORE ${set}${modifier} ${item} (${command.flags.join(' ')})`;
    }
    case 'copy':
    case 'move':
      return `${command.kind.toUpperCase()} ${set} ${nameOf(command.mailbox)}`;
    case 'fetch': {
      const modifier = command.changedSince === null ? '' : ` (CHANGEDSINCE ${since})`;
      return `FETCH ${set} (${command.items})${modifier}`;
    }
    case 'search':
      return `SEARCH ${command.key === 'SET' ? `${uid ? 'UID ' : ''}${set}` : command.key}`;
  }
}

function selectParameters(
  { mailbox, how }: RandomCommand & { kind: 'select' },
  since: number,
  model: AccountModel,
  qresync: boolean,
): string {
  if (how === 'plain') return '';
  const known: ModelMailbox | null = model.byPath(nameOf(mailbox));
  // A position of 0 is none. RFC 7162 section 7, mod-sequence-value.
  if (how === 'condstore' || !qresync || !known || since === 0) return ' (CONDSTORE)';
  return ` (QRESYNC (${known.uidValidity} ${since}))`;
}

function appendItem(flags: readonly string[], index: number): string {
  const message = modelMessage(index * 10);
  return ` (${flags.join(' ')}) {${message.length}+}\r\n${message}`;
}

interface ResolvedSet {
  readonly uid: boolean;
  readonly text: string;
  readonly targets: number[];
  readonly badNumber: boolean;
}

function resolveSet({ uid, picks, range }: RandomSet, client: ModelClient, uidsOnly: boolean): ResolvedSet {
  const { slots } = client.view;
  const byUid = uid || uidsOnly || client.dialect.uidOnly;
  const last = byUid ? Math.max(0, ...client.view.uids) : slots.length;
  // Some UIDs that there are not yet; message numbers all of messages.
  const numbers = picks.map((pick) => 1 + (pick % Math.max(1, byUid ? last + 3 : last)));
  const star = range && numbers.length === 1 && slots.at(-1)?.uid !== -1;
  // RFC 9051 section 9, seq-range: with `*` there is always the last message in it.
  const ends = star ? [numbers[0] as number, last] : numbers;
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  const wanted = (number: number): boolean => (range ? number >= from && number <= to : numbers.includes(number));
  return {
    uid: byUid,
    text: star ? `${numbers[0]}:*` : range ? `${to}:${from}` : numbers.join(','),
    targets: slots.flatMap((slot, index) => (wanted(byUid ? slot.uid : index + 1) ? [slot.uid] : [])),
    badNumber: !byUid && slots.length === 0,
  };
}
