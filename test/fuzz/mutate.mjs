/** Changes to octets (in a string) that are mostly right, so that they become mostly wrong. */

const NUMBERS = ['0', '1', '4294967295', '4294967296', '9007199254740993', '99999999999999999999', '-1', '*', '$'];

/**
 * One to four changes.
 *
 * @param {string} octets
 * @param {import('./random.mjs').Random} random
 * @param {readonly string[]} tokens what may be put in
 * @param {readonly string[]} others what it may be spliced with
 */
export function mutate(octets, random, tokens, others) {
  let text = octets;
  for (let left = 1 + random.below(4); left > 0; left--) text = change(text, random, tokens, others);
  return text;
}

function change(text, random, tokens, others) {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + 1 + random.below(random.once(4) ? text.length + 1 : 8));
  const [before, middle, after] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
  switch (random.below(9)) {
    case 0:
      return before + after;
    case 1:
      return before + middle + middle + after;
    case 2:
      return before + random.octets(1 + random.below(3)) + after;
    case 3:
      return before + random.of(tokens) + middle + after;
    case 4:
      return before + random.of(tokens) + after;
    case 5: {
      const other = random.of(others);
      return before + other.slice(random.below(other.length + 1));
    }
    case 6:
      return text.replace(/\d+/g, (number) => (random.once(3) ? random.of(NUMBERS) : number));
    case 7:
      return before;
    default:
      return before + (middle || random.of(tokens)).repeat(1 + random.below(random.once(20) ? 200 : 4)) + after;
  }
}
