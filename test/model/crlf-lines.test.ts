/** Line ends for SMTP: whatever pieces they come in. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CrlfLines, crlfLines } from '../../src/model/crlf-lines.ts';

async function collect(pieces: readonly Uint8Array[]): Promise<string> {
  const out: Buffer[] = [];
  for await (const piece of crlfLines(pieces)) out.push(piece);
  return Buffer.concat(out).toString('latin1');
}

test('every line end becomes CRLF, in whatever pieces it comes, and the last line gets one', async () => {
  const piece = fc.array(fc.constantFrom('\r', '\n', '\r\n', 'a', '.', '\xff', ''), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const texts = pieces.map((words) => words.join(''));
      const whole = texts.join('').replace(/\r\n|\r|\n/g, '\r\n');
      const expected = whole === '' || whole.endsWith('\r\n') ? whole : `${whole}\r\n`;
      expect(await collect(texts.map((text) => Buffer.from(text, 'latin1')))).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});

test('what needs no change is not copied', () => {
  const octets = Buffer.from('a\r\nb\r\n');
  expect(new CrlfLines().push(octets)).toBe(octets);
});
