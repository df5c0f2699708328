/** LF made CRLF. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withCrlf } from '../../src/cli/line-endings.ts';

async function collect(source: ReturnType<typeof withCrlf>): Promise<string> {
  if (typeof source === 'string') return source;
  if (source instanceof Uint8Array) return Buffer.from(source).toString('latin1');
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

test.each([
  ['a\nb\r\nc\rd\n\n', 'a\r\nb\r\nc\rd\r\n\r\n'],
  ['\n', '\r\n'],
  ['\r\r\n', '\r\r\n'],
  ['', ''],
])('%j', async (text, expected) => {
  expect(await collect(withCrlf(Buffer.from(text)))).toBe(expected);
  expect(await collect(withCrlf(text))).toBe(expected);
});

test('chunks give what the whole gives', async () => {
  const parts = fc.array(fc.constantFrom('\r', '\n', '\r\n', 'a', '\xff', ''), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(parts, async (list) => {
      const whole = await collect(withCrlf(Buffer.from(list.join(''), 'latin1')));
      expect(await collect(withCrlf(list.map((part) => Buffer.from(part, 'latin1'))))).toBe(whole);
      expect(whole).not.toMatch(/(?<!\r)\n/);
    }),
    { numRuns: 500 },
  );
});
