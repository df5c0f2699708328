/** Commands at random, as small records: fewer and smaller ones are simpler. */

import fc from 'fast-check';

/** A set of messages, resolved by what the client knows when it sends the command. */
export interface RandomSet {
  readonly uid: boolean;
  readonly picks: readonly number[];
  /** From the first pick to the last. */
  readonly range: boolean;
}

export type StoreMode = '' | '+' | '-';

/** One command; mailboxes are indexes of {@link NAMES}. */
export type RandomCommand =
  | { readonly kind: 'noop' | 'close' | 'unselect' | 'expunge' | 'listSubscribed' | 'list' }
  | {
      readonly kind: 'select';
      readonly mailbox: number;
      readonly readOnly: boolean;
      readonly how: 'plain' | 'condstore' | 'qresync';
      readonly back: number;
    }
  | { readonly kind: 'create' | 'delete' | 'status' | 'subscribe' | 'unsubscribe'; readonly mailbox: number }
  | { readonly kind: 'rename'; readonly mailbox: number; readonly to: number }
  | { readonly kind: 'append'; readonly mailbox: number; readonly messages: readonly (readonly string[])[] }
  | {
      readonly kind: 'store';
      readonly set: RandomSet;
      readonly mode: StoreMode;
      readonly silent: boolean;
      readonly flags: readonly string[];
      /** So many positions before the last one. */
      readonly unchangedSince: number | null;
    }
  | { readonly kind: 'copy' | 'move'; readonly set: RandomSet; readonly mailbox: number }
  | { readonly kind: 'uidExpunge'; readonly set: RandomSet }
  | { readonly kind: 'fetch'; readonly set: RandomSet; readonly items: string; readonly changedSince: number | null }
  | { readonly kind: 'search'; readonly set: RandomSet; readonly key: string };

/** A command of a session. */
export interface RandomTurn {
  readonly session: number;
  readonly command: RandomCommand;
}

/** What happens at one time. */
export type RandomStep =
  | { readonly kind: 'alone'; readonly turn: RandomTurn }
  /** Of different sessions, none waiting for another. */
  | { readonly kind: 'together'; readonly turns: readonly RandomTurn[] }
  /** While a session is in IDLE. */
  | { readonly kind: 'idle'; readonly session: number; readonly turns: readonly RandomTurn[] };

/** What a session has enabled. */
export type RandomDialect = 'plain' | 'condstore' | 'qresync' | 'uidOnly' | 'both';

/** Names that commands use. */
export const NAMES = ['INBOX', 'Work', 'Work/Old', 'Work/Old/Older', 'Other', 'Archive'] as const;

const FLAGS = ['\\Seen', '\\Flagged', '\\Deleted', '\\Answered', 'blue', 'green'];
const mailbox = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(NAMES.length - 1));
const set: fc.Arbitrary<RandomSet> = fc.record({
  uid: fc.boolean(),
  // Few messages are worth more: what concerns one is seldom told by accident.
  picks: fc.array(fc.oneof(fc.nat(2), fc.nat(40)), { minLength: 1, maxLength: 3 }),
  range: fc.boolean(),
});
const flags = fc.subarray(FLAGS, { maxLength: 3 });
const back: fc.Arbitrary<number | null> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.nat(6) },
);

const of = <K extends RandomCommand['kind']>(...kinds: K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);

const ITEMS = [
  'FLAGS',
  'UID FLAGS',
  'FLAGS MODSEQ',
  'UID FLAGS RFC822.SIZE',
  'FLAGS RFC822.SIZE',
  'RFC822.SIZE',
  'BODY[TEXT]',
  'MODSEQ',
];
const KEYS = ['ALL', 'SEEN', 'UNSEEN', 'DELETED', 'UNDELETED FLAGGED', 'KEYWORD blue', 'NOT KEYWORD green', 'SET'];

const command: fc.Arbitrary<RandomCommand> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: of('noop') }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: of('select'),
      mailbox,
      readOnly: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
      how: fc.constantFrom('plain', 'plain', 'condstore', 'qresync'),
      back: fc.nat(12),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: of('expunge') }) },
  { weight: 2, arbitrary: fc.record({ kind: of('close', 'unselect', 'listSubscribed', 'list') }) },
  { weight: 5, arbitrary: fc.record({ kind: of('create', 'delete', 'status', 'subscribe', 'unsubscribe'), mailbox }) },
  { weight: 2, arbitrary: fc.record({ kind: of('rename'), mailbox, to: fc.nat(NAMES.length - 1) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: of('append'),
      mailbox,
      messages: fc.array(flags, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: of('store'),
      set,
      mode: fc.constantFrom<StoreMode[]>('+', '-', ''),
      silent: fc.boolean(),
      flags,
      unchangedSince: back,
    }),
  },
  { weight: 9, arbitrary: fc.record({ kind: of('copy', 'move'), set, mailbox }) },
  { weight: 4, arbitrary: fc.record({ kind: of('uidExpunge'), set }) },
  {
    weight: 12,
    arbitrary: fc.record({ kind: of('fetch'), set, items: fc.constantFrom(...ITEMS), changedSince: back }),
  },
  { weight: 5, arbitrary: fc.record({ kind: of('search'), set, key: fc.constantFrom(...KEYS) }) },
);

const turn: fc.Arbitrary<RandomTurn> = fc.record({ session: fc.nat(3), command });

/** Steps of a run. */
export const randomSteps = (maxLength: number): fc.Arbitrary<RandomStep[]> =>
  fc.array<RandomStep>(
    fc.oneof(
      { weight: 10, arbitrary: fc.record({ kind: fc.constant('alone' as const), turn }) },
      {
        weight: 5,
        arbitrary: fc.record({
          kind: fc.constant('together' as const),
          turns: fc.array(turn, { minLength: 2, maxLength: 3 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('idle' as const),
          session: fc.nat(3),
          turns: fc.array(turn, { minLength: 1, maxLength: 3 }),
        }),
      },
    ),
    { maxLength, size: 'max' },
  );

/** What a run begins with. */
export interface RandomStart {
  readonly dialects: readonly RandomDialect[];
  /** Flags of the first messages of INBOX. */
  readonly flags: readonly string[];
  /** What no session does: what is done all the time hides what happens without it. */
  readonly without: readonly RandomHabit[];
}

/** Commands of one kind; those that let the server read all flags at once apart. */
export type RandomHabit = RandomCommand['kind'] | 'readFlags';

/** The habit that a command is of. */
export function habitOf(command: RandomCommand): RandomHabit {
  if (command.kind === 'search') return 'readFlags';
  const ofFlags = command.kind === 'fetch' && (command.changedSince !== null || /^[A-Z ]+$/.test(command.items));
  return ofFlags ? 'readFlags' : command.kind;
}

const HABITS: RandomHabit[] = [
  'readFlags',
  'fetch',
  'noop',
  'select',
  'append',
  'copy',
  'move',
  'expunge',
  'uidExpunge',
  'close',
  'rename',
  'delete',
];

/** Sessions of a run, and what they find. */
export const randomStart: fc.Arbitrary<RandomStart> = fc.record({
  dialects: fc.array(fc.constantFrom<RandomDialect[]>('plain', 'condstore', 'qresync', 'uidOnly', 'both'), {
    minLength: 2,
    maxLength: 4,
  }),
  flags: fc.constantFrom([], ['\\Seen'], ['\\Seen', 'blue']),
  without: fc.oneof(fc.constant([]), fc.subarray(HABITS)),
});
