/** Blocks that are not what was written: an error that says so, soon, whatever the octets are. */

import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEiderError } from '../../src/errors.ts';
import { columnStrings, FieldBlock } from '../../src/terms/field-block.ts';
import { matchField } from '../../src/terms/match-field.ts';
import { matchWords } from '../../src/terms/match-words.ts';
import { SEARCH_FIELDS } from '../../src/terms/term-segment.ts';
import { build, type KeptSegment, merge, NO_TEXT } from './segment-store.ts';

const texts = Array.from({ length: 60 }, (_, i) => ({
  contentId: 1 + i * 5,
  text: {
    ...NO_TEXT,
    from: `sender ${i % 9} <sender${i % 9}@made.example>`,
    subject: `subject ${i} ${'long '.repeat(i % 4)}`,
    header: `sender subject ${i}`,
    body: `some words that stand in every text and w${i} x${i % 7} 語${i} ${'z'.repeat(i)}`,
  },
}));
const whole = await build(texts, 65_536);
const word = whole.words[0] as Uint8Array;
const field = whole.fields[0] as Uint8Array;

/** With a checksum that fits, so that what follows has to notice. */
function sealed(octets: Uint8Array): Uint8Array {
  const block = Buffer.from(octets);
  block.writeUInt32LE(crc32(block.subarray(0, -4)), block.length - 4);
  return block;
}

function damage(octets: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat({ max: octets.length - 1 });
  const octet = fc.nat({ max: 255 });
  return fc
    .oneof(
      fc.array(fc.tuple(at, octet), { minLength: 1, maxLength: 4 }).map((changes) => {
        const copy = Buffer.from(octets);
        for (const [place, value] of changes) copy[place] = value;
        return copy;
      }),
      at.map((end) => Buffer.from(octets.subarray(0, end))),
      fc.tuple(at, at).map(([a, b]) => Buffer.concat([octets.subarray(0, a), octets.subarray(b)])),
      fc
        .tuple(at, fc.uint8Array({ minLength: 1, maxLength: 20 }))
        .map(([place, more]) => Buffer.concat([octets.subarray(0, place), more, octets.subarray(place)])),
    )
    .filter((damaged) => !Buffer.from(octets).equals(damaged));
}

const corrupt = { code: 'STORE_CORRUPT' };

describe('a damaged block', () => {
  it('of words is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(damage(word), fc.uint8Array({ maxLength: 200 })), async (octets) => {
        await expect(matchWords([octets], 'w', 'text')).rejects.toMatchObject(corrupt);
      }),
      { numRuns: 500 },
    );
  });

  it('of fields is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(damage(field), fc.uint8Array({ maxLength: 200 })), async (octets) => {
        await expect(matchField([octets], 'from', 'sender')).rejects.toMatchObject(corrupt);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused where it is of the other kind, of another version, or too large', async () => {
    await expect(matchWords([field], 'w', 'text')).rejects.toMatchObject(corrupt);
    await expect(matchField([word], 'to', 'w')).rejects.toMatchObject(corrupt);
    const newer = Buffer.from(word);
    newer[0] = 2;
    await expect(matchWords([sealed(newer)], 'w', 'text')).rejects.toMatchObject(corrupt);
    await expect(matchWords([sealed(Buffer.concat([word, Buffer.alloc(1 << 20)]))], 'w', 'text')).rejects.toMatchObject(
      corrupt,
    );
  });
});

describe('a block made up with a right checksum', () => {
  /** Whatever comes of it: an answer, or the one error. */
  async function answers(work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => {
      if (!isEiderError(error, 'STORE_CORRUPT')) throw error;
    });
  }

  const bound = { numRuns: 800, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true };

  it('of words never leads astray', async () => {
    const made = fc.uint8Array({ maxLength: 300 }).map((rest) => Buffer.from([1, 1, ...rest, 0, 0, 0, 0]));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(damage(word), made), async (octets) => {
        if (octets.length < 6) return;
        const block = sealed(octets);
        await answers(() => matchWords([block], 'w', 'body'));
        await answers(() => matchWords([block], '', 'text'));
        const segment: KeptSegment = { ...whole, words: [block] };
        await answers(() =>
          merge([segment], (id) => id % 2 === 0, 500).catch((error) => {
            refused++;
            throw error;
          }),
        );
      }),
      bound,
    );
    expect(refused).toBeGreaterThan(200);
  });

  it('of fields never leads astray', async () => {
    const made = fc.uint8Array({ maxLength: 300 }).map((rest) => Buffer.from([1, 2, ...rest, 0, 0, 0, 0]));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(damage(field), made), async (octets) => {
        if (octets.length < 6) return;
        const block = sealed(octets);
        for (const one of SEARCH_FIELDS) await answers(() => matchField([block], one, 'sender\n'));
        const segment: KeptSegment = { ...whole, fields: [block] };
        await answers(() =>
          merge([segment], (id) => id % 2 === 0, 500).catch((error) => {
            refused++;
            throw error;
          }),
        );
      }),
      bound,
    );
    expect(refused).toBeGreaterThan(200);
  });
});

it('a block that was not damaged gives its strings back', async () => {
  const block = new FieldBlock(field);
  const { ofContents, ...column } = await block.column('subject');
  const strings = columnStrings({ ofContents, ...column });
  expect([...ofContents].map((index) => strings[index])).toEqual(texts.map(({ text }) => text.subject));
});
