/** Reading and setting annotations. */

import type { ReadTransaction, WriteTransaction } from '../engine/engine.ts';
import type { AnnotationRecord } from '../engine/records.ts';
import { EiderError } from '../errors.ts';
import {
  type Annotation,
  type AnnotationDepth,
  type AnnotationQuery,
  isAtOrBelow,
  MAX_ACCOUNT_ANNOTATION_OCTETS,
  MAX_ANNOTATION_OCTETS,
  MAX_ANNOTATIONS,
  normalizeAnnotationName,
  requireAnnotationName,
  SPECIAL_USE_ANNOTATION,
} from '../model/annotation.ts';
import type { AccountId, MailboxId } from '../model/ids.ts';
import { type Mailbox, SPECIAL_USES, type SpecialUse } from '../model/mailbox.ts';
import type { AnnotationValues, SetAnnotationsResult } from './annotation-store.ts';
import { resolveMailbox, type StoreContext } from './context.ts';
import { findOutbox, visibleMailboxes } from './hidden-mailboxes.ts';
import { dataOctets } from './message-data.ts';
import type { MailboxRef } from './message-store.ts';
import { requireFreeUse } from './special-use.ts';

/** Annotations of a mailbox, or of the account itself. */
export function readAnnotations(
  { engine }: StoreContext,
  account: AccountId,
  ref: MailboxRef | null,
  query?: AnnotationQuery,
): Promise<Annotation[]> {
  const wanted = new Wanted(query);
  return engine.read(account, async (tx) => {
    const mailbox = ref === null ? null : await resolveMailbox(tx, ref);
    const found = await tx.annotations({ mailboxId: mailbox?.id ?? null, ...wanted.filter });
    return wanted.select(found, mailbox);
  });
}

/** Annotations of all mailboxes, by one read. */
export function readMailboxAnnotations(
  { engine }: StoreContext,
  account: AccountId,
  query?: AnnotationQuery,
): Promise<Map<MailboxId, Annotation[]>> {
  const wanted = new Wanted(query);
  return engine.read(account, async (tx) => {
    const kept = new Map<MailboxId | null, AnnotationRecord[]>();
    for (const record of await tx.annotations(wanted.filter)) {
      const list = kept.get(record.mailboxId);
      if (list) list.push(record);
      else kept.set(record.mailboxId, [record]);
    }
    const mailboxes = await visibleMailboxes(tx);
    return new Map(mailboxes.map((mailbox) => [mailbox.id, wanted.select(kept.get(mailbox.id) ?? [], mailbox)]));
  });
}

/** Sets annotations, all or none. */
export function setAnnotations(
  { engine }: StoreContext,
  account: AccountId,
  ref: MailboxRef | null,
  given: AnnotationValues,
): Promise<SetAnnotationsResult> {
  const values = new Map<string, Uint8Array | null>();
  for (const [name, value] of Object.entries(given)) values.set(requireAnnotationName(name), octetsOf(value));
  return engine.write(account, async (tx) => {
    const mailbox = ref === null ? null : await resolveMailbox(tx, ref);
    const kept = new Map(values);
    const use = mailbox ? kept.get(SPECIAL_USE_ANNOTATION) : undefined;
    if (mailbox) kept.delete(SPECIAL_USE_ANNOTATION);
    const changed = await writeAnnotations(tx, mailbox?.id ?? null, kept);
    if (mailbox && use !== undefined) changed.push(...(await writeSpecialUse(tx, mailbox, use)));
    return { names: changed, modSeq: changed.length > 0 ? tx.modSeq : tx.modSeq - 1 };
  });
}

/** A copy of a mailbox that takes the place of another has the same annotations. @throws `ANNOTATION_LIMIT`. */
export async function copyAnnotations(tx: WriteTransaction, from: MailboxId, to: MailboxId): Promise<void> {
  const found = await tx.annotations({ mailboxId: from });
  await writeAnnotations(tx, to, new Map(found.map(({ name, value }) => [name, value])));
}

/** Writes what differs; its names. */
async function writeAnnotations(
  tx: WriteTransaction,
  mailboxId: MailboxId | null,
  values: ReadonlyMap<string, Uint8Array | null>,
): Promise<string[]> {
  if (values.size === 0) return [];
  const found = await tx.annotations({ mailboxId });
  const before = new Map(found.map(({ name, value }) => [name, value]));
  const changed = new Map([...values].filter(([name, value]) => !isSame(before.get(name) ?? null, value)));
  if (changed.size === 0) return [];
  const left = new Set(before.keys());
  for (const [name, value] of changed) value === null ? left.delete(name) : left.add(name);
  if (left.size > MAX_ANNOTATIONS && left.size > before.size) {
    throw new EiderError('ANNOTATION_LIMIT', `there are ${MAX_ANNOTATIONS} annotations at most`);
  }
  const growth = [...changed].reduce(
    (sum, [name, value]) => sum + sizeOf(name, value) - sizeOf(name, before.get(name)),
    0,
  );
  if (growth > 0 && (await ownOctets(tx)) + growth > MAX_ACCOUNT_ANNOTATION_OCTETS) {
    throw new EiderError('ANNOTATION_LIMIT', "the account's annotations have too many octets in all");
  }
  await tx.setAnnotations(mailboxId, changed);
  return [...changed.keys()];
}

/** Octets of all annotations but the store's own: those of what waits to be sent, and of data about messages. */
async function ownOctets(tx: ReadTransaction): Promise<number> {
  const outbox = await findOutbox(tx);
  const waiting = outbox ? await tx.annotations({ mailboxId: outbox.id }) : [];
  return waiting.reduce(
    (sum, { name, value }) => sum - sizeOf(name, value),
    (await tx.annotationOctets()) - (await dataOctets(tx)),
  );
}

/** RFC 6154 section 4: what is set must be as valid as it has to be for CREATE. */
async function writeSpecialUse(tx: WriteTransaction, mailbox: Mailbox, value: Uint8Array | null): Promise<string[]> {
  const use = value === null ? null : parseSpecialUse(value);
  if (use === mailbox.specialUse) return [];
  if (use) await requireFreeUse(tx, use);
  await tx.setSpecialUse(mailbox.id, use);
  const names = [SPECIAL_USE_ANNOTATION];
  tx.record({ type: 'metadata', mailboxId: mailbox.id, names });
  return names;
}

function parseSpecialUse(value: Uint8Array): SpecialUse {
  const text = Buffer.from(value).toString('latin1').toLowerCase();
  const use = SPECIAL_USES.find((known) => known.toLowerCase() === text);
  if (!use) throw new EiderError('INVALID_ARGUMENT', 'that is no special use that a mailbox can have');
  return use;
}

function octetsOf(value: Uint8Array | string | null): Uint8Array | null {
  const octets = typeof value === 'string' ? Buffer.from(value) : value;
  if (octets && octets.length > MAX_ANNOTATION_OCTETS) {
    throw new EiderError('ANNOTATION_TOO_LARGE', `an annotation has ${MAX_ANNOTATION_OCTETS} octets at most`);
  }
  return octets;
}

/** Octets that an annotation takes; those that are not there take none. */
const sizeOf = (name: string, value: Uint8Array | null | undefined): number => (value ? name.length + value.length : 0);

const isSame = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : Buffer.compare(a, b) === 0;

/** A query in normal form. */
class Wanted {
  readonly #names: readonly string[] | null;
  readonly #depth: AnnotationDepth;

  constructor(query: AnnotationQuery | undefined) {
    this.#names = query ? [...new Set(query.names.map(normalizeAnnotationName))] : null;
    this.#depth = query?.depth ?? 0;
  }

  /** What the engine can sort out. */
  get filter(): { readonly names?: readonly string[] } {
    return this.#names && this.#depth === 0 ? { names: this.#names } : {};
  }

  /** Those asked for of a mailbox, its special use among them. */
  select(kept: readonly AnnotationRecord[], mailbox: Mailbox | null): Annotation[] {
    const all: Annotation[] = kept.map(({ name, value }) => ({ name, value }));
    if (mailbox?.specialUse) all.push({ name: SPECIAL_USE_ANNOTATION, value: Buffer.from(mailbox.specialUse) });
    return all
      .filter(({ name }) => this.#names?.some((asked) => isAtOrBelow(name, asked, this.#depth)) ?? true)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
