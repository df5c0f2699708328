/** Feeds the splitter with many messages, and tells what should not have happened. */

import { findGrowth, isSlow } from './growth.mjs';
import { MimeInputs } from './mime-inputs.mjs';
import { splitAndAsk } from './mime-target.mjs';

/** A message may take so many milliseconds. */
const PATIENCE_MS = 60;
/** Every so many messages one is made long. */
const GROWN_EVERY = 500;
/** Its octets: above what is kept as text, of which some are put aside as a blob. */
const GROWN_OCTETS = 1_000_000;

/**
 * @param {{ seed: number, count: number, progress?: (done: number) => void }} options
 * @returns {Promise<{ understood: number, found: { what: string, input: string }[] }>} messages as JSON strings;
 *   `understood`: those of more than one part
 */
export async function fuzzMime({ seed, count, progress = () => {} }) {
  const inputs = new MimeInputs(seed);
  const { random } = inputs;
  const found = [];
  let understood = 0;
  for (let n = 0; n < count && found.length < 20; n++) {
    const text = inputs.next();
    const octets = Buffer.from(text, 'latin1');
    const cut = random.once(3) ? 1 + random.below(3000) : 0;
    const report = (what) => found.push({ what, input: JSON.stringify({ cut, text }) });
    try {
      const begun = performance.now();
      const { tree } = await splitAndAsk(octets, { cut });
      if (tree.children.length > 0) understood++;
      const ms = performance.now() - begun;
      if (ms > PATIENCE_MS && (await isSlow((each) => splitAndAsk(each, { cut }), octets, PATIENCE_MS)))
        report(`took ${ms.toFixed(0)} ms`);
      if (n % GROWN_EVERY === 0 && text.length > 0) {
        const growth = await findGrowth(splitAndAsk, text.slice(0, 4000), random, GROWN_OCTETS);
        if (growth !== null) report(`grows too fast: ${growth.times.map((ms) => ms.toFixed(1))} ms`);
      }
    } catch (error) {
      report(`threw ${error?.stack ?? error}`);
    }
    if (n % 1_000 === 999) progress(n + 1);
  }
  return { understood, found };
}
