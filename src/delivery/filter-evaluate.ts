/** Decides what filters do to a message. */

import type {
  AttachmentTest,
  Filter,
  FilterCondition,
  FilterOutcome,
  FilterTest,
  HeaderTest,
  SizeTest,
  SpamTest,
  TagTest,
  TextMatch,
} from '../model/filter.ts';
import type { SpamVerdict } from '../model/spam.ts';
import { TermFinder } from './filter-terms.ts';
import { parseTextQuery } from './filter-text-query.ts';
import { isAtTime } from './filter-time.ts';
import { comparedText, type MessageFacts, normalAddress, type RecipientFacts } from './message-facts.ts';

/** Most addresses that filters let a message go on to, together. */
export const MAX_FORWARDS = 100;
/** Most webhooks that are told of a message. */
export const MAX_WEBHOOKS = 20;
/** Most labels, and most keywords, that filters give a message. */
export const MAX_OUTCOME_LIST = 100;

/**
 * What the filters come to, in their order. Those that are not enabled do nothing. Takes a time that grows with the
 * message and with the filters, and with nothing else; no I/O.
 */
export function evaluateFilters(
  filters: readonly Filter[],
  message: MessageFacts,
  recipient: RecipientFacts,
): FilterOutcome {
  const active = filters.filter(({ enabled }) => enabled);
  const evaluation = new Evaluation(active, message, recipient);
  const matched: Filter[] = [];
  for (const filter of active) {
    if (!evaluation.holds(filter.conditions)) continue;
    matched.push(filter);
    if (filter.actions.stop) break;
  }
  return outcomeOf(matched);
}

/** Whether any of the filters looks at the text, so that {@link MessageFacts.loadText} is worth its time. */
export function needsText(filters: readonly Filter[]): boolean {
  return filters.some(
    ({ enabled, conditions }) => enabled && [...testsOf(conditions)].some(({ test }) => test === 'text'),
  );
}

/** What filters that matched come to. */
function outcomeOf(matched: readonly Filter[]): FilterOutcome {
  const actions = matched.map((filter) => filter.actions);
  const first = <T>(values: readonly (T | undefined)[]): T | null =>
    values.find((value) => value !== undefined) ?? null;
  const all = <T>(lists: readonly (readonly T[] | undefined)[], most: number): T[] =>
    [...new Set(lists.flatMap((list) => list ?? []))].slice(0, most);
  return {
    matched: matched.map(({ id }) => id),
    mailbox: first(actions.map(({ mailbox }) => mailbox)),
    labels: all(
      actions.map(({ labels }) => labels),
      MAX_OUTCOME_LIST,
    ),
    seen: first(actions.map(({ seen }) => seen)) ?? false,
    flag: first(actions.map(({ flag }) => flag)) ?? false,
    keywords: all(
      actions.map(({ keywords }) => keywords),
      MAX_OUTCOME_LIST,
    ),
    junk: first(actions.map(({ junk }) => junk)),
    delete: first(actions.map((one) => one.delete)) ?? false,
    forward: all(
      actions.map(({ forward }) => forward),
      MAX_FORWARDS,
    ),
    webhooks: all(
      actions.map(({ webhooks }) => webhooks),
      MAX_WEBHOOKS,
    ),
  };
}

/** A field of the header, or another place where texts are looked for. */
type Place = string;

/** Looks at one message for one recipient. All texts that the filters look for in a place are looked for at once. */
class Evaluation {
  readonly #filters: readonly Filter[];
  readonly #message: MessageFacts;
  readonly #recipient: RecipientFacts;
  #wanted: ReadonlyMap<Place, ReadonlySet<string>> | null = null;
  readonly #found = new Map<Place, ReadonlySet<string>>();
  readonly #whole = new Map<Place, ReadonlySet<string>>();

  constructor(filters: readonly Filter[], message: MessageFacts, recipient: RecipientFacts) {
    this.#filters = filters;
    this.#message = message;
    this.#recipient = recipient;
  }

  holds(condition: FilterCondition): boolean {
    if ('all' in condition) return condition.all.every((one) => this.holds(one));
    if ('any' in condition) return condition.any.some((one) => this.holds(one));
    if ('not' in condition) return !this.holds(condition.not);
    return this.#passes(condition);
  }

  #passes(test: FilterTest): boolean {
    switch (test.test) {
      case 'header':
      case 'attachment':
      case 'tag':
        return 'exists' in test ? this.#exists(test) === test.exists : this.#matches(placeOf(test), test);
      case 'size':
        return isOfSize(test, this.#message.size);
      case 'text':
        return parseTextQuery(test.query).some((terms) => terms.every((term) => this.#contains('text', term)));
      case 'spam':
        return isVerdict(test, this.#message.spam);
      case 'time':
        return isAtTime(test, this.#message.time);
      default:
        return this.#matches(placeOf(test), test);
    }
  }

  #exists(test: HeaderTest | AttachmentTest | TagTest): boolean {
    if (test.test === 'tag') return this.#recipient.detail !== null;
    if (test.test === 'attachment') return this.#message.hasAttachment;
    return this.#message.field(test.name.toLowerCase()).length > 0;
  }

  #matches(place: Place, match: TextMatch): boolean {
    if ('contains' in match) return this.#contains(place, comparedText(match.contains));
    const values = this.#whole.get(place) ?? new Set(this.#values(place));
    this.#whole.set(place, values);
    return values.has(place === 'from' || place === 'to' ? normalAddress(match.is.trim()) : comparedText(match.is));
  }

  #contains(place: Place, term: string): boolean {
    let found = this.#found.get(place);
    if (!found) {
      this.#wanted ??= wantedTerms(this.#filters);
      found = new TermFinder([...(this.#wanted.get(place) ?? [])]).find(this.#texts(place));
      this.#found.set(place, found);
    }
    return found.has(term);
  }

  /** What a place has, for `is`. */
  #values(place: Place): readonly string[] {
    if (place === 'from') return this.#message.addresses('from');
    if (place === 'to') {
      const { address } = this.#recipient;
      return [...(address === null ? [] : [address]), ...TO_FIELDS.flatMap((name) => this.#message.addresses(name))];
    }
    if (place === 'listId') return this.#message.field('list-id').map(listIdOf);
    return this.#texts(place);
  }

  /** What a place has, for `contains`. */
  #texts(place: Place): readonly string[] {
    switch (place) {
      case 'from':
        return this.#addressTexts(['from']);
      case 'to': {
        const { address } = this.#recipient;
        return [...(address === null ? [] : [comparedText(address)]), ...this.#addressTexts(TO_FIELDS)];
      }
      case 'subject':
        return this.#message.field('subject');
      case 'listId':
        return this.#message.field('list-id');
      case 'attachment':
        return this.#message.attachmentNames;
      case 'tag':
        return this.#recipient.detail === null ? [] : [comparedText(this.#recipient.detail)];
      case 'text':
        return [this.#message.text];
      default:
        return this.#message.field(place.slice(HEADER.length));
    }
  }

  /** Fields as they are, and the addresses in them in normal form. */
  #addressTexts(names: readonly string[]): readonly string[] {
    return names.flatMap((name) => [
      ...this.#message.field(name),
      ...this.#message.addresses(name).map((address) => comparedText(address)),
    ]);
  }
}

const TO_FIELDS = ['to', 'cc', 'delivered-to'] as const;
const HEADER = 'header ';

function placeOf(test: Exclude<FilterTest, { readonly test: 'size' | 'spam' | 'time' }>): Place {
  return test.test === 'header' ? HEADER + test.name.toLowerCase() : test.test;
}

/** All that the filters look for, by place. */
function wantedTerms(filters: readonly Filter[]): Map<Place, Set<string>> {
  const wanted = new Map<Place, Set<string>>();
  for (const { conditions } of filters) {
    for (const test of testsOf(conditions)) {
      const terms = termsOf(test);
      if (terms.length === 0) continue;
      const place = placeOf(test as Parameters<typeof placeOf>[0]);
      const before = wanted.get(place) ?? new Set();
      for (const term of terms) before.add(term);
      wanted.set(place, before);
    }
  }
  return wanted;
}

function termsOf(test: FilterTest): readonly string[] {
  if (test.test === 'text') return parseTextQuery(test.query).flat();
  return 'contains' in test ? [comparedText(test.contains)] : [];
}

function* testsOf(condition: FilterCondition): Generator<FilterTest> {
  if ('all' in condition) for (const one of condition.all) yield* testsOf(one);
  else if ('any' in condition) for (const one of condition.any) yield* testsOf(one);
  else if ('not' in condition) yield* testsOf(condition.not);
  else yield condition;
}

/** RFC 2919 section 3: the identifier stands between angle brackets, and white space in it means nothing. */
function listIdOf(value: string): string {
  const end = value.lastIndexOf('>');
  const start = end < 0 ? -1 : value.lastIndexOf('<', end);
  return start < 0 ? value : value.slice(start + 1, end).replaceAll(' ', '');
}

function isOfSize({ larger, smaller }: SizeTest, size: number): boolean {
  return (larger === undefined || size > larger) && (smaller === undefined || size < smaller);
}

function isVerdict(test: SpamTest, { verdict, score }: SpamVerdict): boolean {
  if ('verdict' in test) return test.verdict === verdict;
  if (score === null) return false;
  return 'above' in test ? score > test.above : score < test.below;
}
