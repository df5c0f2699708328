/** Facts of messages for tests of filters, without a store. */

import { evaluateFilters } from '../../src/delivery/filter-evaluate.ts';
import { readFilterOptions } from '../../src/delivery/filter-record.ts';
import { factsOfContent, type MessageFacts, type RecipientFacts } from '../../src/delivery/message-facts.ts';
import { readSpamVerdict, type SpamTrust } from '../../src/delivery/spam-verdict.ts';
import { splitMessage } from '../../src/mime/split-message.ts';
import type { Filter, FilterCondition, FilterOutcome, NullableActions } from '../../src/model/filter.ts';
import { MemoryBlobs } from '../mime/memory-blobs.ts';

/** Half past nine on a Wednesday, in UTC. */
export const WEDNESDAY: number = Date.UTC(2026, 6, 1, 9, 30);

/** What a test says of how a message came. */
export interface Arrival {
  readonly mailFrom?: string;
  readonly time?: number;
  readonly trust?: SpamTrust;
}

/** The facts of a raw message; LF becomes CRLF. */
export async function factsOf(message: string | Uint8Array, arrival: Arrival = {}): Promise<MessageFacts> {
  const octets = typeof message === 'string' ? Buffer.from(message.replaceAll('\n', '\r\n')) : message;
  const blobs = new MemoryBlobs();
  const content = await splitMessage(octets, blobs);
  return factsOfContent(content, blobs, {
    mailFrom: arrival.mailFrom ?? null,
    time: arrival.time ?? WEDNESDAY,
    spam: readSpamVerdict(content.header, arrival.trust),
  });
}

/** A filter that was read as the store reads it; mailboxes by id. */
export function filterOf(conditions: FilterCondition, actions: NullableActions = { seen: true }, id = 'a'): Filter {
  return { id, created: 0, ...readFilterOptions({ conditions, actions }) } as Filter;
}

/** Somebody for whom mail comes. */
export const ANN: RecipientFacts = { address: 'ann@example.org', detail: null };

/** Whether a condition holds. */
export function holds(condition: FilterCondition, facts: MessageFacts, recipient: RecipientFacts = ANN): boolean {
  return evaluateFilters([filterOf(condition)], facts, recipient).matched.length > 0;
}

/** What several filters come to that match every message, named a, b, c and so on. */
export function outcomeOf(facts: MessageFacts, ...actions: readonly NullableActions[]): FilterOutcome {
  const filters = actions.map((one, index) => filterOf({ all: [] }, one, String.fromCharCode(97 + index)));
  return evaluateFilters(filters, facts, ANN);
}
