/** Small records of all owners: a document for each, and a statement for each call. */

import type { Collection, Document, Filter } from 'mongodb';
import type { OwnedVaultEntry, Vault, VaultContent, VaultCount, VaultEntry, VaultPlace } from '../engine/vault.ts';
import {
  newVersion,
  requireCounter,
  requireKind,
  requireOwner,
  requirePlace,
  type VaultFields,
  vaultFields,
} from '../engine/vault-bounds.ts';
import type { VaultDocument } from './collections.ts';
import { ofOwner, placeOfVaultKey, vaultKey } from './keys.ts';
import { isConflict, isDuplicateKey, toEiderError } from './mongo-error.ts';

/** How often a statement is tried when others have made the same document. */
const TRIES = 20;

/** What the vault needs of the engine. */
export interface MongoVaultParts {
  readonly vault: Collection<VaultDocument>;
  /** Lets work end before the store closes. @throws `STORE_CLOSED`. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** Records of the cluster. What has expired stays as a document until it is swept, or something takes its place. */
export class MongoVault implements Vault {
  readonly #parts: MongoVaultParts;

  constructor(parts: MongoVaultParts) {
    this.#parts = parts;
  }

  async get(place: VaultPlace): Promise<VaultEntry | null> {
    return liveEntry(await this.#run((vault) => vault.findOne(at(place))));
  }

  async list(
    { owner, kind }: Omit<VaultPlace, 'key'>,
    { after = '', limit }: { readonly after?: string; readonly limit: number },
  ): Promise<VaultEntry[]> {
    requireOwner(owner);
    requireKind(kind);
    const keys = { ...ofOwner(owner, kind), $gt: vaultKey({ owner, kind, key: after }) };
    const found = await this.#page({ owner, _id: keys, ...isLive() }, limit);
    return found.map(toEntry);
  }

  async put(place: VaultPlace, content: VaultContent): Promise<void> {
    const filter = at(place);
    const document = { ...filter, ...vaultFields(content) };
    await this.#run((vault) => vault.replaceOne(filter, document, { upsert: true }));
  }

  async create(place: VaultPlace, content: VaultContent): Promise<boolean> {
    const filter = at(place);
    const set = setting(vaultFields(content));
    return this.#run(async (vault) => {
      try {
        // Takes the place of what has expired; where there is a record, the one that would be made has its key.
        await vault.updateOne({ ...filter, expires: { $lte: Date.now() } }, set, { upsert: true });
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }

  async update(place: VaultPlace, version: number, content: VaultContent): Promise<boolean> {
    const filter = at(place);
    const set = setting(vaultFields(content));
    const { matchedCount } = await this.#run((vault) => vault.updateOne({ ...filter, version, ...isLive() }, set));
    return matchedCount > 0;
  }

  async take(place: VaultPlace): Promise<VaultEntry | null> {
    return liveEntry(await this.#run((vault) => vault.findOneAndDelete(at(place))));
  }

  async count(place: VaultPlace, amount: number, expires: number): Promise<VaultCount> {
    const filter = at(place);
    requireCounter(amount, expires);
    const found = await this.#run((vault) => {
      const goesOn = { $and: [{ $gt: ['$expires', Date.now()] }, { $ne: [{ $type: '$count' }, 'missing'] }] };
      const set = {
        count: { $cond: [goesOn, { $add: ['$count', amount] }, amount] },
        expires: { $cond: [goesOn, '$expires', expires] },
        version: newVersion(),
      };
      return vault.findOneAndUpdate(filter, [{ $set: set }, { $unset: 'value' }], {
        upsert: true,
        returnDocument: 'after',
        // The primary's memory is enough; a counter is not worth the wait for a majority's disks.
        writeConcern: { w: 1, journal: false },
      });
    });
    const counter = found as VaultDocument;
    return { count: Number(counter.count), expires: Number(counter.expires) };
  }

  async all(
    owner: string,
    { after, limit }: { readonly after?: Omit<VaultPlace, 'owner'>; readonly limit: number },
  ): Promise<OwnedVaultEntry[]> {
    requireOwner(owner);
    const keys = { ...ofOwner(owner), ...(after && { $gt: vaultKey({ owner, ...after }) }) };
    const found = await this.#page({ owner, _id: keys, count: { $exists: false }, ...isLive() }, limit);
    return found.map((document) => ({ kind: placeOfVaultKey(document._id).kind, ...toEntry(document) }));
  }

  /** Not at one moment: others may see a part of it gone. */
  async clear(owner: string, kind?: string): Promise<void> {
    requireOwner(owner);
    if (kind !== undefined) requireKind(kind);
    const filter = { owner, _id: ofOwner(owner, kind) } as Filter<VaultDocument>;
    await this.#run((vault) => vault.deleteMany(filter));
  }

  async sweep({ dryRun = false }: { readonly dryRun?: boolean } = {}): Promise<number> {
    const filter = { expires: { $lte: Date.now() } };
    if (dryRun) return this.#run((vault) => vault.countDocuments(filter));
    return (await this.#run((vault) => vault.deleteMany(filter))).deletedCount;
  }

  #page(filter: Document, limit: number): Promise<VaultDocument[]> {
    const options = { sort: { _id: 1 }, limit, batchSize: limit + 1 } as const;
    return this.#run((vault) => vault.find(filter as Filter<VaultDocument>, options).toArray());
  }

  /** Two that make the same document at once: one of them is told so, and finds it by the next try. */
  #run<T>(work: (vault: Collection<VaultDocument>) => Promise<T>): Promise<T> {
    return this.#parts.run(async () => {
      for (let left = TRIES; ; left--) {
        try {
          return await work(this.#parts.vault);
        } catch (error) {
          if (left === 0 || !isConflict(error)) throw toEiderError(error);
        }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      }
    });
  }
}

/** The one document of a place. @throws `INVALID_ARGUMENT`. */
function at(place: VaultPlace): { readonly _id: string; readonly owner: string } {
  requirePlace(place);
  return { _id: vaultKey(place), owner: place.owner };
}

/** Matches those without an end, too. */
function isLive(): Document {
  return { expires: { $not: { $lte: Date.now() } } };
}

function setting({ value, expires, version }: VaultFields): Document {
  return { $set: { value, expires, version }, $unset: { count: '' } };
}

function liveEntry(document: VaultDocument | null): VaultEntry | null {
  if (!document || (document.expires !== null && document.expires <= Date.now())) return null;
  return toEntry(document);
}

function toEntry({ _id, value, count, version, expires }: VaultDocument): VaultEntry {
  return { key: placeOfVaultKey(_id).key, value: value ?? String(count), version, expires };
}
