/** Whether somebody who guesses can tell by the time of a refusal that there is an account: in the long run only, as it takes many. */

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PasswordVerifier } from '../../src/auth/password.ts';
import { openStore } from '../../src/open-store.ts';
import type { MessageStore } from '../../src/store/message-store.ts';
import { ENGINE, runs, takePlace } from '../engine-under-test.ts';

const LONG = process.env.EIDER_LONG !== undefined;
const ROUNDS = runs(300);
/** Of some 20,000 runs without a difference, one fails by each comparison. */
const MOST_DEVIATIONS = 4;

const SALT = Buffer.from('salt');
const IMPORTED = `{SSHA512}${Buffer.concat([createHash('sha512').update('right').update(SALT).digest(), SALT]).toString('base64')}`;

/** What there is of a name. Each is asked once: what is kept of an account after its first attempt would hide what that took. */
const KINDS = ['missing', 'account', 'imported', 'disabled', 'withoutPassword'] as const;
type Kind = (typeof KINDS)[number];

async function prepare(store: MessageStore, kind: Kind, name: string, passwordHash: string): Promise<void> {
  if (kind === 'missing') return;
  const hash = kind === 'imported' ? IMPORTED : passwordHash;
  const { id } = await store.accounts.create(kind === 'withoutPassword' ? { name } : { name, passwordHash: hash });
  if (kind === 'disabled') await store.auth.setStatus(id, { disabled: true });
}

/** Deviations of the sum of ranks of those differences that are above 0 from what chance gives (Wilcoxon, signed ranks). */
function deviations(differences: readonly number[]): number {
  const ranked = differences.filter((one) => one !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = ranked.length;
  const sum = ranked.reduce((total, one, index) => total + (one > 0 ? index + 1 : 0), 0);
  return (sum - (n * (n + 1)) / 4) / Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

it('the measure finds a shift of a quarter of a deviation, and none where there is none', () => {
  const noise = (): number => Array.from({ length: 12 }, Math.random).reduce((a, b) => a + b) - 6;
  const sample = (shift: number): number[] => Array.from({ length: 4000 }, () => noise() - noise() + shift);
  expect(Math.abs(deviations(sample(0)))).toBeLessThan(5);
  expect(deviations(sample(0.35))).toBeGreaterThan(MOST_DEVIATIONS);
});

describe.skipIf(!LONG)('a refusal (in the long run, by EIDER_LONG=1)', () => {
  const times = new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]));
  let leave: () => Promise<void>;

  beforeAll(async () => {
    const taken = await takePlace();
    leave = taken.leave;
    const passwordHash = await new PasswordVerifier().hash('right');
    const preparing = await openStore(taken.place);
    for (let round = 0; round < ROUNDS; round++) {
      for (const kind of KINDS) await prepare(preparing, kind, `${kind}${round}@example.org`, passwordHash);
    }
    await preparing.close();
    // Not the same process as far as the store knows: nothing of any account is open.
    await using store = await openStore(taken.place);
    const refuse = async (name: string, password: string, address: string): Promise<number> => {
      const begun = performance.now();
      const outcome = await store.auth.authenticate(name, password, { scope: 'imap', address });
      const took = performance.now() - begun;
      expect(outcome).toEqual({ kind: 'refused', reason: 'credentials' });
      return took;
    };
    for (let n = 0; n < 20; n++) await refuse(`warm${n}`, 'up', `192.0.2.${n}`);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, kind] of shuffled(KINDS).entries()) {
        const address = `198.51.${round & 255}.${(round >> 8) * 16 + index}`;
        times.get(kind)?.push(await refuse(`${kind}${round}@example.org`, `wrong ${round}`, address));
      }
    }
    const shown = [...times].map(([kind, all]) => `${kind} ${median(all).toFixed(2)}`);
    console.log(`${ENGINE}: medians of ${ROUNDS} refusals in ms: ${shown.join(', ')}`);
  }, 600_000);
  afterAll(() => leave());

  it.each(KINDS.slice(1))('of an account (%s) takes as long as of a name that nobody has', (kind) => {
    const missing = times.get('missing') ?? [];
    const differences = (times.get(kind) ?? []).map((took, round) => took - (missing[round] as number));
    expect(differences).toHaveLength(ROUNDS);
    const found = deviations(differences);
    console.log(
      `${ENGINE}: ${kind}: median difference ${median(differences).toFixed(3)} ms, ${found.toFixed(1)} deviations`,
    );
    expect(Math.abs(found)).toBeLessThan(MOST_DEVIATIONS);
  });
});
