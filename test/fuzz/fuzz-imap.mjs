/** Feeds the IMAP grammar with many inputs, and tells what should not have happened. */

import { findGrowth, isSlow } from './growth.mjs';
import { ImapInputs } from './imap-inputs.mjs';
import { feedImap } from './imap-target.mjs';

/** An input may take so many milliseconds; most take a hundredth of one. */
const PATIENCE_MS = 10;
/** Every so many inputs one is made long. */
const GROWN_EVERY = 1000;

/**
 * @param {{ seed: number, count: number, progress?: (done: number) => void }} options
 * @returns {Promise<{ understood: number, found: { what: string, input: string }[] }>} the inputs as JSON strings
 */
export async function fuzzImap({ seed, count, progress = () => {} }) {
  const inputs = new ImapInputs(seed);
  const { random } = inputs;
  const found = [];
  let understood = 0;
  for (let n = 0; n < count && found.length < 20; n++) {
    const text = inputs.next();
    const octets = Buffer.from(text, 'latin1');
    const options = {
      cut: random.once(4) ? 1 + random.below(20) : 0,
      beforeLogin: random.once(8),
      utf8: random.once(4),
    };
    const report = (what) => found.push({ what, input: JSON.stringify({ options, text }) });
    const feed = (grown) => feedImap(grown, options);
    try {
      const begun = performance.now();
      understood += (await feed(octets)) > 0 ? 1 : 0;
      const ms = performance.now() - begun;
      if (ms > PATIENCE_MS && (await isSlow(feed, octets, PATIENCE_MS))) report(`took ${ms.toFixed(0)} ms`);
      if (n % GROWN_EVERY === 0 && text.length > 0) {
        const growth = await findGrowth((grown) => feedImap(grown, { ...options, cut: 0 }), text, random);
        if (growth !== null) {
          found.push({
            what: `grows too fast: ${growth.times.map((ms) => ms.toFixed(1))} ms`,
            input: JSON.stringify(growth.octets.toString('latin1').slice(0, 400)),
          });
        }
      }
    } catch (error) {
      report(`threw ${error?.stack ?? error}`);
    }
    if (n % 10_000 === 9_999) progress(n + 1);
  }
  return { understood, found };
}
