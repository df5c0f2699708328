/**
 * Queries as people type them, in the language of Gmail's search box: words, `"phrases"`, `from:ann`, `-spam`,
 * `a OR b`, `(a b)`, `{a b}`. What makes no sense as an operator is text to be looked for.
 */

import { EiderError } from '../errors.ts';
import { EVERYTHING, NOTHING, QUERY_OPERATORS, type QueryOperator, type QueryTextContext } from './query-operators.ts';
import type { SearchQuery } from './search-query.ts';
import { words } from './tokens.ts';

export type { QueryTextContext } from './query-operators.ts';

/** Longest text, in characters. */
const MAX_LENGTH = 8192;
const MAX_DEPTH = 50;
const MAX_TERMS = 1000;
const SPACE = /\s/;
/** What ends a bare word. */
const WORD_END = /[\s(){}"]/;
const OPERATOR = /^([a-z][a-z0-9_]*):/i;

/**
 * The query that a text comes to; an empty text finds everything. OR binds what stands on both sides of it before the
 * rest is joined by AND.
 *
 * @throws `LIMIT_EXCEEDED` for more than 8,192 characters, 1,000 terms, or 50 levels of parentheses.
 */
export function parseQueryText(text: string, context: QueryTextContext): SearchQuery {
  if (text.length > MAX_LENGTH) throw new EiderError('LIMIT_EXCEEDED', 'the query is too long');
  return new QueryReader(text, context).read();
}

const find: QueryOperator = (text) => (words(text).length === 0 ? null : { key: 'text', text });

class QueryReader {
  readonly #text: string;
  readonly #context: QueryTextContext;
  #position = 0;
  #terms = 0;

  constructor(text: string, context: QueryTextContext) {
    this.#text = text;
    this.#context = context;
  }

  read(): SearchQuery {
    const parts: SearchQuery[] = [];
    // A closing parenthesis that nothing opened is passed by.
    for (; this.#position < this.#text.length; this.#position++) parts.push(...this.#list(find, 0));
    return join('and', parts);
  }

  /** Terms up to the end or a closing parenthesis; those with OR between them are one. */
  #list(meaning: QueryOperator, depth: number): SearchQuery[] {
    if (depth > MAX_DEPTH) throw new EiderError('LIMIT_EXCEEDED', 'the query nests too deep');
    const groups: SearchQuery[][] = [];
    let joined = false;
    for (;;) {
      this.#skipSpace();
      const next = this.#peek();
      if (next === '' || next === ')' || next === '}') break;
      const joint = this.#tryJoin();
      if (joint !== null) {
        joined = joint === 'or';
        continue;
      }
      const term = this.#term(meaning, depth);
      const last = groups.at(-1);
      if (term && joined && last) last.push(term);
      else if (term) groups.push([term]);
      joined = false;
    }
    return groups.map((group) => join('or', group));
  }

  /** `OR`, `|`, and `AND`, which is what is meant anyway. */
  #tryJoin(): 'or' | 'and' | null {
    const found = /^(?:(?:OR|AND)(?=[\s({"-]|$)|\|)/.exec(this.#text.slice(this.#position, this.#position + 4))?.[0];
    if (found === undefined) return null;
    this.#position += found.length;
    return found === 'AND' ? 'and' : 'or';
  }

  #term(meaning: QueryOperator, depth: number): SearchQuery | null {
    if (++this.#terms > MAX_TERMS) throw new EiderError('LIMIT_EXCEEDED', 'the query has too many terms');
    const next = this.#peek();
    if (next === '-' && !SPACE.test(this.#text.charAt(this.#position + 1) || ' ')) {
      this.#position++;
      if (depth > MAX_DEPTH) throw new EiderError('LIMIT_EXCEEDED', 'the query nests too deep');
      const of = this.#term(meaning, depth + 1);
      return of && { key: 'not', of };
    }
    if (next === '(' || next === '{') return this.#group(meaning, depth);
    if (next === '"') return meaning(this.#quoted(), this.#context);
    const operator = this.#tryOperator();
    if (!operator) return meaning(this.#word(), this.#context);
    return this.#value(operator, depth);
  }

  /** What follows `name:`. */
  #value(operator: { readonly name: string; readonly meaning: QueryOperator }, depth: number): SearchQuery | null {
    const next = this.#peek();
    if (next === '(' || next === '{') return this.#group(operator.meaning, depth);
    const value = next === '"' ? this.#quoted() : this.#word();
    // `from:` with nothing behind it asks for nothing.
    if (value === '') return null;
    return operator.meaning(value, this.#context) ?? find(`${operator.name} ${value}`, this.#context);
  }

  /** `(a b)`: all of them; `{a b}`: any of them. */
  #group(meaning: QueryOperator, depth: number): SearchQuery | null {
    const any = this.#peek() === '{';
    this.#position++;
    const parts = this.#list(meaning, depth + 1);
    this.#position++;
    return parts.length === 0 ? null : join(any ? 'or' : 'and', parts);
  }

  #tryOperator(): { readonly name: string; readonly meaning: QueryOperator } | null {
    const found = OPERATOR.exec(this.#text.slice(this.#position, this.#position + 20));
    const name = found?.[1]?.toLowerCase() ?? '';
    const meaning = QUERY_OPERATORS.get(name);
    if (!found || !meaning) return null;
    this.#position += found[0].length;
    return { name, meaning };
  }

  /** Up to the closing quotation mark, or to the end. */
  #quoted(): string {
    const end = this.#text.indexOf('"', this.#position + 1);
    const stop = end < 0 ? this.#text.length : end;
    const quoted = this.#text.slice(this.#position + 1, stop);
    this.#position = stop + 1;
    return quoted;
  }

  #word(): string {
    const start = this.#position;
    while (this.#position < this.#text.length && !WORD_END.test(this.#peek())) this.#position++;
    return this.#text.slice(start, this.#position).replace(/^\+/, '');
  }

  #skipSpace(): void {
    while (this.#position < this.#text.length && SPACE.test(this.#peek())) this.#position++;
  }

  #peek(): string {
    return this.#text.charAt(this.#position);
  }
}

function join(key: 'and' | 'or', parts: readonly SearchQuery[]): SearchQuery {
  if (parts.length === 1) return parts[0] as SearchQuery;
  return parts.length === 0 ? (key === 'and' ? EVERYTHING : NOTHING) : { key, of: parts };
}
