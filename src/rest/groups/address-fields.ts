/** What requests and answers say of addresses, of users and of those that only forward. */

import { z } from 'zod';
import type { AccountAddress } from '../../model/addresses.ts';
import { addressObjectId } from '../../model/object-ids.ts';
import { readData } from '../json-data.ts';
import { ApiError } from '../problems.ts';

/** An address in a request. */
export const addressField: z.ZodString = z.string().min(1).max(320).meta({ description: 'The address, or its ID' });

/** What is kept of an address, as it is given. @throws {@link ApiError}. */
export function detailsOf(input: {
  readonly name?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly metaData?: unknown;
}): { displayName?: string | null; tags?: readonly string[]; metadata?: Readonly<Record<string, unknown>> } {
  return {
    ...(input.name !== undefined && { displayName: input.name || null }),
    ...(input.tags && { tags: input.tags }),
    ...(input.metaData !== undefined && { metadata: readData('metaData', input.metaData) }),
  };
}

/** @throws {@link ApiError} `Unsupported` when there is any. */
export function requireNoInternal(internalData: unknown): void {
  if (internalData !== undefined) throw new ApiError('Unsupported', 'internalData is kept of users, not of addresses');
}

type Details = Pick<AccountAddress, 'address' | 'displayName' | 'tags' | 'metadata'>;

/** What all of them have. */
export function commonFields(
  { address, displayName, tags, metadata }: Details,
  { metaData }: { readonly metaData: boolean },
): object {
  return {
    id: addressObjectId(address),
    name: displayName ?? '',
    address,
    tags,
    ...(metaData && { metaData: metadata ?? {} }),
  };
}

/** What tells whether an address is one of those that are asked for. */
export function wantedAddress(input: {
  readonly query?: string | undefined;
  readonly tags?: string | undefined;
  readonly requiredTags?: string | undefined;
}): (one: Details) => boolean {
  const list = (text: string | undefined): string[] =>
    (text ?? '').split(',').flatMap((tag) => (tag.trim() === '' ? [] : [tag.trim().toLowerCase()]));
  const [some, all] = [list(input.tags), list(input.requiredTags)];
  const query = input.query?.normalize('NFC').toLowerCase();
  return ({ address, tags }) => {
    const own = tags.map((tag) => tag.toLowerCase());
    return (
      (query === undefined || address.toLowerCase().includes(query)) &&
      all.every((tag) => own.includes(tag)) &&
      (some.length === 0 || some.some((tag) => own.includes(tag)))
    );
  };
}
