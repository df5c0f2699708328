/** Rows of numbers read as one string: SQLite joins them, far cheaper than a call for each row. */

/** Reads `1,2,3` into numbers. `count` is an upper bound. */
export function parseNumbers(text: string | null): Uint32Array {
  if (text === null || text === '') return new Uint32Array(0);
  let count = 1;
  for (let at = text.indexOf(','); at >= 0; at = text.indexOf(',', at + 1)) count++;
  const numbers = new Uint32Array(count);
  let index = 0;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 44) {
      numbers[index++] = value;
      value = 0;
    } else {
      value = value * 10 + (code - 48);
    }
  }
  numbers[index] = value;
  return numbers;
}

/**
 * Reads lines of `fields` numbers and a rest, `12 3 4 the rest\n`, calling `take` for each. The array is used again
 * for the next line.
 */
export function parseLines(text: string | null, fields: number, take: (numbers: number[], rest: string) => void): void {
  if (text === null || text === '') return;
  const numbers = new Array<number>(fields).fill(0);
  let at = 0;
  while (at < text.length) {
    for (let field = 0; field < fields; field++) {
      let value = 0;
      let code = text.charCodeAt(at++);
      while (code >= 48) {
        value = value * 10 + (code - 48);
        code = text.charCodeAt(at++);
      }
      numbers[field] = value;
    }
    if (text.charCodeAt(at) === 10) {
      take(numbers, '');
      at++;
      continue;
    }
    const end = text.indexOf('\n', at);
    take(numbers, text.slice(at, end));
    at = end + 1;
  }
}

/** How many lines {@link parseLines} will find. */
export function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
