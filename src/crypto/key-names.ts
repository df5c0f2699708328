/** The names that a key tells, fit for lists and logs: whoever made the key wrote them. */

const MAX_NAMES = 20;
const MAX_NAME = 200;

/** The first of them, without repetitions and control characters, each cut where it is too long. */
export function keyNames(names: readonly string[]): string[] {
  const clean = names.map((name) =>
    name
      .slice(0, MAX_NAME)
      .replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ')
      .trim(),
  );
  return [...new Set(clean.filter((name) => name !== ''))].slice(0, MAX_NAMES);
}
