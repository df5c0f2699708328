/** Parameters in several sections become one. RFC 2231 sections 3 and 4.1. */

import type { Parameters } from '../model/mime-part.ts';

interface Section {
  readonly value: string;
  /** Percent-encoded. */
  readonly extended: boolean;
}

const SECTION_NAME = /^([^*]+)\*(\d{1,4})(\*?)$/;
const NOT_PLAIN = /[^!#$&+\-.0-9A-Z^_`a-z{|}~]/g;

/**
 * Joins `name*0`, `name*1*`, ... in the order of their numbers to `name`, or to `name*` when one of them is encoded:
 * then all of the value is. The joined parameter stands where its first section stood. Sections without a beginning
 * are left as they are.
 */
export function joinContinuations(parameters: [string, string][]): Parameters {
  if (!parameters.some(([name]) => name.includes('*'))) return parameters;
  const groups = collectSections(parameters);
  const done = new Set<string>();
  const joined: [string, string][] = [];
  for (const entry of parameters) {
    const base = SECTION_NAME.exec(entry[0])?.[1];
    const sections = base === undefined ? undefined : groups.get(base);
    if (base === undefined || sections === undefined || !sections.has(0)) {
      joined.push(entry);
    } else if (!done.has(base)) {
      done.add(base);
      joined.push(joinSections(base, sections));
    }
  }
  return joined;
}

function collectSections(parameters: Parameters): Map<string, Map<number, Section>> {
  const groups = new Map<string, Map<number, Section>>();
  for (const [name, value] of parameters) {
    const match = SECTION_NAME.exec(name);
    if (match === null) continue;
    const base = match[1] as string;
    const number = Number(match[2]);
    const sections = groups.get(base) ?? new Map<number, Section>();
    groups.set(base, sections);
    if (!sections.has(number)) sections.set(number, { value, extended: match[3] === '*' });
  }
  return groups;
}

function joinSections(base: string, sections: Map<number, Section>): [string, string] {
  const run: Section[] = [];
  for (let section = sections.get(0); section !== undefined; section = sections.get(run.length)) run.push(section);
  if (!run.some((section) => section.extended)) return [base, run.map((section) => section.value).join('')];
  const value = run.map((section) => (section.extended ? section.value : percentEncode(section.value))).join('');
  // RFC 2231 section 4.1: only the first section names charset and language.
  return [`${base}*`, run[0]?.extended ? value : `''${value}`];
}

function percentEncode(value: string): string {
  return value.replace(NOT_PLAIN, (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
