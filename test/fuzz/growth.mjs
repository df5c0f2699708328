/** Whether what takes long takes long because it is much: the time of inputs that double. */

const SIZES = [8_192, 16_384, 32_768, 65_000];
/** Below so many milliseconds nothing is said about how the time grows. */
const NOTICED_MS = 6;
/** 65,000 octets against 16,384: four times as many, and some noise. */
const TOLERATED = 9;

/**
 * Repeats a piece of an input until the input has 8 to 65 KB, and measures.
 *
 * @param {(octets: Buffer) => Promise<unknown>} feed
 * @returns {Promise<{ times: number[], octets: Buffer } | null>} times in milliseconds when they grow faster than the input
 */
export async function findGrowth(feed, text, random) {
  const at = random.below(text.length);
  const piece = text.slice(at, at + 1 + random.below(12)) || ' ';
  const grown = (size) =>
    Buffer.from(
      text.slice(0, at) + piece.repeat(Math.max(1, Math.floor((size - text.length) / piece.length))) + text.slice(at),
      'latin1',
    );
  const largest = grown(SIZES.at(-1));
  if ((await measure(feed, largest, 1)) < NOTICED_MS) return null;
  const times = [];
  for (const size of SIZES) times.push(await measure(feed, grown(size), 4));
  const [, quarter, , whole] = times;
  return whole > NOTICED_MS && whole / quarter > TOLERATED ? { times, octets: largest } : null;
}

/** The shortest of some runs: others use the machine too. */
export async function measure(feed, octets, runs) {
  let shortest = Number.POSITIVE_INFINITY;
  for (let left = runs; left > 0; left--) {
    const begun = performance.now();
    await feed(octets);
    shortest = Math.min(shortest, performance.now() - begun);
  }
  return shortest;
}
