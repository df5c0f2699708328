/** A message with fields put before it is the message that would have come with them. */

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixContent } from '../../src/mime/prefix-content.ts';
import { splitMessage } from '../../src/mime/split-message.ts';
import { MemoryBlobs } from './memory-blobs.ts';
import { noise, ODD_MESSAGES, withAttachment } from './messages.ts';

const PREFIX = Buffer.from('Return-Path: <bob@example.org>\r\nDelivered-To: андрис@example.com\r\n');

/** Both ways to the content of prefix and message. */
async function bothWays(prefix: Buffer, raw: Buffer) {
  const hash = createHash('sha256').update(prefix);
  const alone = await splitMessage(raw, new MemoryBlobs(), { onOctets: (octets) => hash.update(octets) });
  return {
    put: prefixContent(alone, prefix, hash.digest('hex')),
    sent: await splitMessage(Buffer.concat([prefix, raw]), new MemoryBlobs()),
  };
}

test.each(Object.entries(ODD_MESSAGES))('%s', async (_, message) => {
  const { put, sent } = await bothWays(PREFIX, Buffer.from(message as Uint8Array));
  expect({ ...put }).toEqual({ ...sent });
});

test('a large attachment lies in the same blob', async () => {
  const { put, sent } = await bothWays(PREFIX, withAttachment(noise(300_000), 76));
  expect(put.segments.some(({ kind }) => kind === 'blob')).toBe(true);
  expect({ ...put }).toEqual({ ...sent });
});

test('any octets after a header', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (octets) => {
      const raw = Buffer.concat([Buffer.from('Subject: any\r\n'), octets]);
      const { put, sent } = await bothWays(PREFIX, raw);
      expect({ ...put }).toEqual({ ...sent });
    }),
  );
});
