/** Options of the commands on addresses: what is kept of an address beside it. */

import type { AddressDetails, AddressOptions } from '../model/addresses.ts';
import { type GivenArguments, UsageError } from './command.ts';

/** Declares them; `tag` may be repeated. */
export const detailArgs = {
  'display-name': { type: 'string', valueHint: 'TEXT', description: 'Name of the sender; empty for none' },
  tag: { type: 'string', valueHint: 'TAG', description: 'Tag; may be repeated; empty for none' },
  metadata: { type: 'string', valueHint: 'JSON', description: 'A JSON object of your own; empty for none' },
} as const;

/** What was given of them. @throws {@link UsageError} for what is no JSON. */
export function parseDetails(
  args: { readonly 'display-name'?: string | undefined; readonly metadata?: string | undefined },
  given: GivenArguments,
): AddressOptions {
  const displayName = args['display-name'];
  const tags = given.all('tag');
  return {
    ...(displayName !== undefined && { displayName }),
    ...(tags.length > 0 && { tags: tags.filter((tag) => tag !== '') }),
    ...(args.metadata !== undefined && { metadata: args.metadata === '' ? null : parseMetadata(args.metadata) }),
  };
}

/** Cells of a table. */
export function showDetails({ displayName, tags, metadata }: AddressDetails): string[] {
  return [displayName ?? '', tags.join(', '), metadata === null ? '' : JSON.stringify(metadata)];
}

function parseMetadata(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError('--metadata takes a JSON object', { cause: error });
  }
}
