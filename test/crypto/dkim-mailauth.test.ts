/** What a verifier that others wrote says to our signatures, on odd messages too. */

import fc from 'fast-check';
import { dkimVerify } from 'mailauth';
import { expect, test } from 'vitest';
import { makeKey, publicMaterial } from '../../src/crypto/dkim-material.ts';
import { dkimRecord } from '../../src/crypto/dkim-record.ts';
import { signMessage } from '../../src/crypto/dkim-signature.ts';

const keys = await Promise.all(
  (['rsa-sha256', 'ed25519-sha256'] as const).map(async (algorithm, index) => {
    const key = await makeKey(algorithm);
    const selector = `s${index}`;
    return { domain: 'example.org', selector, key, record: dkimRecord('example.org', selector, publicMaterial(key)) };
  }),
);

const resolver = async (name: string, type: string): Promise<string[][]> => {
  const record = keys.find((one) => one.record.name === name)?.record;
  if (type !== 'TXT' || !record) throw Object.assign(new Error('no record'), { code: 'ENOTFOUND' });
  return [[...record.strings]];
};

/** The message as SMTP sends it, with its signatures. */
async function verdicts(message: Buffer, change: (text: string) => string = (text) => text): Promise<string[]> {
  const fields = await signMessage([message], keys);
  const lines = message
    .toString('latin1')
    .replace(/\r\n|\r|\n/g, '\r\n')
    .replace(/(?<!\r\n)$/, '\r\n');
  const sent = Buffer.from(change(`${fields}${lines}`), 'latin1');
  const { results } = await dkimVerify(sent, { resolver });
  return results.map(({ status, signingDomain, selector }) => `${signingDomain} ${selector} ${status.result}`);
}

const GOOD = ['example.org s0 pass', 'example.org s1 pass'];

test('it passes, and fails when the message was changed', async () => {
  const message = Buffer.from(
    'From: ann@example.org\r\nTo: bob@example.net\r\nSubject: hello\r\n\r\nworld  \t again \r\n\r\n\r\n',
  );
  expect(await verdicts(message)).toEqual(GOOD);
  for (const change of [
    (text: string) => text.replace('world', 'World'),
    (text: string) => text.replace('Subject: hello', 'Subject: hi'),
    (text: string) => `Subject: another\r\n${text}`,
  ]) {
    expect((await verdicts(message, change)).filter((verdict) => verdict.endsWith('pass'))).toEqual([]);
  }
});

test('it passes for bodies of any lines and octets', async () => {
  const word = fc.constantFrom(' ', '\t', '\r\n', '\r\n\r\n\r\n', 'a', '.', '\xe9', '\0', 'x'.repeat(1_500), '=\r\n');
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 25 }), fc.array(word, { maxLength: 4 }), async (body, subject) => {
      const text = `Subject: ${subject.join('').replace(/\r\n/g, '\r\n ')}\r\nFrom: ann@example.org\r\n\r\n${body.join('')}`;
      expect(await verdicts(Buffer.from(text, 'latin1'))).toEqual(GOOD);
    }),
    { numRuns: 150 },
  );
});
