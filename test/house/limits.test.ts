/** The page on limits has every limit of the servers, with the number that the code has. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/imap/options.ts';
import { LMTP_DEFAULTS } from '../../src/lmtp/options.ts';
import { ROOT } from './source-tree.ts';

const page = readFileSync(path.join(ROOT, 'docs', 'limits.md'), 'utf8');
const rows = [...page.matchAll(/^\| ([^|]+) \| ([\d,]*) ?\| (?:`([^`]+)` )?\|/gm)].map(([, what, number, setBy]) => ({
  what: what as string,
  number: number ? Number(number.replaceAll(',', '')) : null,
  setBy: setBy ?? null,
}));

/** Options and their defaults, by the name that the page gives them. */
const options = new Map<string, number>(Object.entries(LMTP_DEFAULTS));
for (const [name, value] of Object.entries(DEFAULT_LIMITS)) {
  if (typeof value === 'number') options.set(`limits.${name}`, value);
  else for (const [part, octets] of Object.entries(value)) options.set(`limits.${name}.${part}`, octets as number);
}

/** The number of a constant, given as `folder/file.ts: NAME`. */
function constant(place: string): number {
  const [file, name] = place.split(': ') as [string, string];
  const text = readFileSync(path.join(ROOT, file.startsWith('test/') ? '.' : 'src', file), 'utf8');
  const value = new RegExp(`^(?:export )?const ${name}(?:: number)? = ([\\d_* ]+);`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`no constant ${name} in ${file}`);
  return value
    .split('*')
    .map((factor) => Number(factor.replaceAll('_', '')))
    .reduce((product, factor) => product * factor);
}

describe('the page on limits', () => {
  test.each(rows)('$what', ({ number, setBy }) => {
    if (setBy === null) expect(number).toBeNull();
    else expect(number).toBe(setBy.includes(': ') ? constant(setBy) : options.get(setBy));
  });

  test('has all that can be set', () => {
    expect(rows.length).toBeGreaterThan(40);
    const told = new Set(rows.map(({ setBy }) => setBy));
    expect([...options.keys()].filter((name) => !told.has(name))).toEqual([]);
  });

  test('has each table row read by this test', () => {
    const lines = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:---|limit \|)/.test(line));
    expect(rows).toHaveLength(lines.length);
  });
});
