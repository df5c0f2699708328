/** Whether what takes long takes long because it is much: the time of inputs that double. */

/** Below so many milliseconds nothing is said about how the time grows. */
const NOTICED_MS = 6;
/** Four times as many octets may take so many times as long: four times, and some noise. */
const TOLERATED = 9;
const ROUNDS = 4;

/**
 * Repeats a piece of an input until the input has an eighth, a quarter, a half and all of some octets, and measures.
 *
 * @param {(octets: Buffer) => Promise<unknown>} feed
 * @param {string} text
 * @param {import('./random.mjs').Random} random
 * @param {number} [octets] as many as one command may have
 * @returns {Promise<{ times: number[], octets: Buffer } | null>} times in milliseconds when they grow faster than the input
 */
export async function findGrowth(feed, text, random, octets = 65_000) {
  const at = random.below(text.length);
  const piece = text.slice(at, at + 1 + random.below(12)) || ' ';
  const grown = (size) => {
    const times = Math.max(1, Math.floor((size - text.length) / piece.length));
    return Buffer.from(text.slice(0, at) + piece.repeat(times) + text.slice(at), 'latin1');
  };
  const largest = grown(octets);
  let times = [await measure(feed, largest, 1)];
  // Others may have used the machine just while the longest was measured: it has to happen again and again.
  for (let round = 0; round < ROUNDS; round++) {
    if (times.at(-1) < NOTICED_MS) return null;
    times = [];
    for (const part of [8, 4, 2, 1]) times.push(await measure(feed, grown(octets / part), 4));
    if (times[3] / times[1] <= TOLERATED) return null;
  }
  return { times, octets: largest };
}

/** Whether an input takes longer than so many milliseconds, each time. */
export async function isSlow(feed, octets, ms) {
  return (await measure(feed, octets, 5)) > ms && (await measure(feed, octets, 20)) > ms;
}

/** The shortest of some runs, in milliseconds of clock or processor: others use the machine too. */
export async function measure(feed, octets, runs) {
  let shortest = Number.POSITIVE_INFINITY;
  for (let left = runs; left > 0; left--) {
    const [begun, used] = [performance.now(), process.cpuUsage()];
    await feed(octets);
    const { user, system } = process.cpuUsage(used);
    shortest = Math.min(shortest, performance.now() - begun, (user + system) / 1000);
  }
  return shortest;
}
