/** JSON as it may come from outside: no name twice in an object, not nested without end, no name that reaches a prototype. RFC 8259. */

/** Deepest nesting of objects and arrays. */
export const MAX_JSON_DEPTH = 32;
/** Most names and values in all. */
export const MAX_JSON_VALUES = 100_000;

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Strings (a name when a colon follows), brackets, and what separates; numbers and words are passed by. */
const TOKEN = /"((?:[^"\\]|\\.)*)"\s*(:?)|[{}[\],]/gy;
const BETWEEN = /[^"{}[\],]*/gy;

/** @throws `SyntaxError` that says what is wrong. */
export function parseStrictJson(text: string): unknown {
  const value = JSON.parse(text) as unknown;
  requirePlain(text);
  return value;
}

/** `text` is JSON. */
function requirePlain(text: string): void {
  const open: (Set<string> | null)[] = [];
  let values = 0;
  for (let at = 0; ; ) {
    BETWEEN.lastIndex = at;
    BETWEEN.exec(text);
    TOKEN.lastIndex = BETWEEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) return;
    at = TOKEN.lastIndex;
    const [token, string, colon] = found;
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : null);
      if (open.length > MAX_JSON_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_JSON_DEPTH} levels`);
    } else if (token === '}' || token === ']') open.pop();
    else if (token === ',' || !colon) {
      if (++values > MAX_JSON_VALUES) throw new SyntaxError(`more than ${MAX_JSON_VALUES} values`);
    } else requireName(JSON.parse(`"${string}"`) as string, open.at(-1) as Set<string>);
  }
}

function requireName(name: string, names: Set<string>): void {
  if (FORBIDDEN.has(name)) throw new SyntaxError(`the name ${JSON.stringify(name)} cannot be used`);
  if (names.has(name)) throw new SyntaxError(`the name ${JSON.stringify(name.slice(0, 100))} comes twice in an object`);
  names.add(name);
}
