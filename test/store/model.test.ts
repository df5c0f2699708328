/** Random operations on the store and on a small model of what they mean; both must always show the same. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CopyMode } from '../../src/model/account.ts';
import { changeKeywords, changeMask, DELETED, type FlagMode, parseFlags } from '../../src/model/flags.ts';
import { UidSet } from '../../src/model/uid-set.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { openTestedStore, runs } from '../engine-under-test.ts';
import { letter } from './store-fixture.ts';

/** A message; its flags show in every mailbox that it is in. */
interface Email {
  readonly raw: string;
  mask: number;
  keywords: string;
}

/** A message in a mailbox. */
interface Place {
  email: Email;
  deleted: boolean;
}

interface Box {
  readonly places: Map<number, Place>;
  uidNext: number;
}

/** What the operations mean, with no thought of how they are done. */
class Model {
  readonly boxes = new Map<string, Box>();
  readonly mode: CopyMode;

  constructor(mode: CopyMode, paths: readonly string[]) {
    this.mode = mode;
    for (const path of paths) this.boxes.set(path, { places: new Map(), uidNext: 1 });
  }

  box(path: string): Box {
    return this.boxes.get(path)!;
  }

  add(path: string, place: Place): void {
    const box = this.box(path);
    box.places.set(box.uidNext++, place);
  }

  /** Who of `modulus` is chosen: UIDs that leave `rest`. */
  chosen(path: string, [modulus, rest]: Choice): number[] {
    return [...this.box(path).places.keys()].filter((uid) => uid % modulus === rest % modulus);
  }

  setFlags(path: string, uids: number[], mode: FlagMode, list: readonly string[]): void {
    const flags = parseFlags(list);
    for (const uid of uids) {
      const place = this.box(path).places.get(uid)!;
      const mask = changeMask(place.email.mask | (place.deleted ? DELETED : 0), mode, flags.mask);
      place.deleted = (mask & DELETED) !== 0;
      place.email.mask = mask & ~DELETED;
      place.email.keywords = changeKeywords(place.email.keywords, mode, flags.keywords);
    }
  }

  copy(from: string, uids: number[], to: string, moving: boolean): void {
    const source = this.box(from);
    for (const uid of uids) {
      const { email, deleted } = source.places.get(uid)!;
      const has = [...this.box(to).places.values()].some((place) => place.email === email);
      const shared = moving ? !has || from === to : this.mode === 'label' && !has;
      this.add(to, { email: shared ? email : { ...email }, deleted });
    }
    if (moving) for (const uid of uids) source.places.delete(uid);
  }

  expunge(path: string, uids: number[], any: boolean): void {
    for (const uid of uids) if (any || this.box(path).places.get(uid)?.deleted) this.box(path).places.delete(uid);
  }

  show(): unknown {
    return [...this.boxes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, { places, uidNext }]) => ({
        path,
        uidNext,
        unseen: [...places.values()].filter(({ email }) => !(email.mask & 1)).length,
        deleted: [...places.values()].filter((place) => place.deleted).length,
        messages: [...places].map(
          ([uid, { email, deleted }]) =>
            `${uid} ${email.mask | (deleted ? DELETED : 0)} ${email.keywords} ${email.raw.length}`,
        ),
      }));
  }
}

/** The same view of the store. */
async function show(store: MessageStore, account: string): Promise<unknown> {
  const shown = [];
  for (const { path, uidNext, unseen, deleted, messages: count } of await store.mailboxes(account)) {
    const messages: string[] = [];
    for await (const { uid, mask, keywords, size } of store.fetch(account, path, UidSet.range(1, 0xffffffff))) {
      messages.push(`${uid} ${mask} ${keywords} ${size}`);
    }
    expect(count).toBe(messages.length);
    shown.push({ path, uidNext, unseen, deleted, messages });
  }
  return shown.sort((a, b) => (a.path < b.path ? -1 : 1));
}

type Choice = readonly [modulus: number, rest: number];
type Operation =
  | { readonly do: 'append'; readonly to: number; readonly flags: readonly string[]; readonly length: number }
  | {
      readonly do: 'flags';
      readonly in: number;
      readonly choice: Choice;
      readonly mode: FlagMode;
      readonly flags: readonly string[];
    }
  | { readonly do: 'copy' | 'move'; readonly in: number; readonly to: number; readonly choice: Choice }
  | { readonly do: 'expunge'; readonly in: number; readonly choice: Choice; readonly any: boolean }
  | { readonly do: 'remake'; readonly to: number }
  | { readonly do: 'rename'; readonly in: number; readonly to: number };

const PATHS = ['INBOX', 'Archive', 'Sent', 'Extra', 'Extra/Sub'];

const place = fc.nat({ max: PATHS.length - 1 });
const flags = fc.subarray(['\\Seen', '\\Flagged', '\\Deleted', '\\Draft', 'a', 'B', '$c']);
const choice = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat({ max: 2 }));
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('append' as const), to: place, flags, length: fc.nat({ max: 200 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('flags' as const),
      in: place,
      choice,
      mode: fc.constantFrom('add' as const, 'remove' as const, 'replace' as const),
      flags,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('copy' as const, 'move' as const), in: place, to: place, choice }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('expunge' as const), in: place, choice, any: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remake' as const), to: place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), in: place, to: place }) },
);

async function perform(store: MessageStore, account: string, model: Model, step: Operation): Promise<void> {
  switch (step.do) {
    case 'append': {
      const path = PATHS[step.to]!;
      if (!model.boxes.has(path)) return;
      const raw = letter('x', 'y'.repeat(step.length));
      const { mask, keywords } = parseFlags(step.flags);
      await store.append(account, path, raw, { flags: step.flags });
      return model.add(path, { email: { raw, mask: mask & ~DELETED, keywords }, deleted: (mask & DELETED) !== 0 });
    }
    case 'remake': {
      const path = PATHS[step.to]!;
      if (path === 'INBOX') return;
      if (model.boxes.has(path)) await store.deleteMailbox(account, path);
      await store.createMailbox(account, path);
      model.boxes.set(path, { places: new Map(), uidNext: 1 });
      if (path === 'Extra/Sub' && !model.boxes.has('Extra'))
        model.boxes.set('Extra', { places: new Map(), uidNext: 1 });
      return;
    }
    case 'rename':
      return rename(store, account, model, PATHS[step.in]!, PATHS[step.to]!);
    default:
      return change(store, account, model, step);
  }
}

async function rename(store: MessageStore, account: string, model: Model, from: string, to: string): Promise<void> {
  const free = !model.boxes.has(to) && ![...model.boxes.keys()].some((path) => path.startsWith(`${to}/`));
  if (!model.boxes.has(from) || !free || to.startsWith(`${from}/`)) return;
  await store.renameMailbox(account, from, to);
  if (to === 'Extra/Sub' && !model.boxes.has('Extra')) model.boxes.set('Extra', { places: new Map(), uidNext: 1 });
  if (from === 'INBOX') {
    model.boxes.set(to, { places: new Map(), uidNext: 1 });
    return model.copy('INBOX', [...model.box('INBOX').places.keys()], to, true);
  }
  for (const [path, box] of [...model.boxes]) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    model.boxes.delete(path);
    model.boxes.set(to + path.slice(from.length), box);
  }
}

async function change(
  store: MessageStore,
  account: string,
  model: Model,
  step: Operation & { readonly in: number; readonly choice: Choice },
): Promise<void> {
  const from = PATHS[step.in]!;
  if (!model.boxes.has(from)) return;
  const uids = model.chosen(from, step.choice);
  const set = UidSet.from(uids);
  switch (step.do) {
    case 'flags':
      await store.storeFlags(account, from, set, { mode: step.mode, flags: step.flags });
      return model.setFlags(from, uids, step.mode, step.flags);
    case 'copy':
    case 'move': {
      const to = PATHS[step.to]!;
      if (!model.boxes.has(to)) return;
      await store[step.do](account, from, set, to);
      return model.copy(from, uids, to, step.do === 'move');
    }
    case 'expunge':
      await store.expunge(account, from, set, { any: step.any });
      return model.expunge(from, uids, step.any);
  }
}

describe.each(['label', 'separate'] as const)('the store does what its model does, copies %s', (copies) => {
  it('after each of many operations', { timeout: process.env.EIDER_LONG ? 600_000 : 60_000 }, async () => {
    const store = await openTestedStore();
    let accounts = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 40 }), async (steps) => {
        const { id } = await store.accounts.create({ name: `a${accounts++}`, copies });
        const model = new Model(
          copies,
          (await store.mailboxes(id)).map((mailbox) => mailbox.path),
        );
        for (const step of steps) {
          const before = await store.modSeq(id);
          await perform(store, id, model, step);
          expect(await show(store, id)).toEqual(model.show());
          expect(await store.modSeq(id)).toBeGreaterThanOrEqual(before);
        }
        for await (const finding of store.maintenance.check({ account: id, rehash: true }))
          expect.unreachable(JSON.stringify(finding));
        await store.accounts.remove(id);
      }),
      { numRuns: runs(process.env.EIDER_LONG ? 1000 : 60) },
    );
    await store.close();
  });
});
