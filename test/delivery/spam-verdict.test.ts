/** Who says that a message is spam is believed where no sender can have written it. */

import { describe, expect, test } from 'vitest';
import { readSpamVerdict, type SpamTrust } from '../../src/delivery/spam-verdict.ts';
import type { SpamVerdict } from '../../src/model/spam.ts';

const RECEIVED = 'Received: from client.example by mx.example.org; Wed, 1 Jul 2026 09:30:00 +0000\n';

/** The verdict on a header whose given fields stand above the first Received. */
function verdict(fields: string, trust: SpamTrust = {}): SpamVerdict {
  return raw(`${fields}\n${RECEIVED}`, trust);
}

function raw(header: string, trust: SpamTrust = {}): SpamVerdict {
  return readSpamVerdict(Buffer.from(`${header}From: a@b.example\n\n`.replaceAll('\n', '\r\n')), trust);
}

describe('a verdict is read', () => {
  test.each<[string, Partial<SpamVerdict>]>([
    [
      'X-Spam-Status: Yes, score=7.5 required=5.0 tests=A,\n\tB autolearn=no',
      { verdict: 'spam', score: 7.5, required: 5, ratio: 1.5 },
    ],
    ['X-Spam-Status: No, score=-1.0 required=5.0', { verdict: 'ham', score: -1, required: 5, ratio: 0 }],
    ['X-Spam-Status: No, hits=2.5 required=5', { verdict: 'ham', score: 2.5, ratio: 0.5 }],
    ['X-Spam-Status: Yes', { verdict: 'spam', score: null, required: null, ratio: 1 }],
    ['X-Spam-Status: No', { verdict: 'ham', score: null, ratio: 0 }],
    ['X-Spam-Status: Yes, score=9 required=0', { verdict: 'spam', score: 9, required: 5 }],
    ['X-Spam-Flag: YES', { verdict: 'spam', ratio: 1 }],
    ['X-Spam-Flag: no', { verdict: 'ham', ratio: 0 }],
    ['X-Spam-Score: 6.25', { verdict: 'spam', score: 6.25, required: 5, ratio: 1.25 }],
    ['X-Spam-Score: 2.5 (++)', { verdict: 'ham', score: 2.5, ratio: 0.5 }],
    ['X-Spam-Score: 2.5 / 10', { verdict: 'ham', score: 2.5, required: 10, ratio: 0.25 }],
    ['X-Spam-Level: *****', { verdict: 'spam', score: 5, ratio: 1 }],
    ['X-Spam-Level: **', { verdict: 'ham', score: 2 }],
    ['X-Rspamd-Score: 3.00', { verdict: 'ham', score: 3, required: 6, ratio: 0.5 }],
    ['X-Rspamd-Action: add header', { verdict: 'spam', ratio: 1 }],
    ['X-Rspamd-Action: no action', { verdict: 'ham', ratio: 0 }],
    ['X-Rspamd-Spam: Yes', { verdict: 'spam' }],
    ['X-Spam: Yes', { verdict: 'spam' }],
    [
      'X-Spamd-Result: default: False [1.50 / 15.00];\n\tARC_NA(0.00)[]',
      { verdict: 'ham', score: 1.5, required: 6, ratio: 0.25 },
    ],
    ['X-Spamd-Result: default: True [18.00 / 15.00]; X(1)', { verdict: 'spam', score: 18, ratio: 3 }],
    // Who knows his threshold better than we do keeps his word.
    ['X-Rspamd-Action: add header\nX-Rspamd-Score: 5.1', { verdict: 'spam', score: 5.1, ratio: 1 }],
    ['X-Rspamd-Action: no action\nX-Rspamd-Score: 6.5', { verdict: 'ham', score: 6.5, ratio: 0.99 }],
    [
      'X-Spam-Flag: YES\nX-Spam-Status: Yes, score=7 required=3.5\nX-Spam-Score: 1',
      { verdict: 'spam', score: 7, ratio: 2 },
    ],
  ])('%s', (fields, expected) => {
    expect(verdict(fields)).toMatchObject({ override: false, forged: false, ...expected });
  });

  test.each([
    'X-Spam-Status: Maybe',
    'X-Spam-Flag: ?',
    'X-Spam-Score: lots',
    'X-Spam-Score: 1e5',
    'X-Spam-Score: 1.2.3',
    'X-Spam-Score: Infinity',
    `X-Spam-Score: ${'9'.repeat(400)}`,
    'X-Spam-Level:',
    'X-Spam-Level: **x',
    'X-Rspamd-Action: dance',
    'X-Spamd-Result: default: False [a / b]',
    'X-Something: spam',
  ])('and not out of %s', (fields) => {
    expect(verdict(fields)).toEqual({
      verdict: 'unknown',
      score: null,
      required: null,
      ratio: null,
      source: [],
      override: false,
      forged: false,
    });
  });

  test('with the fields that it comes from', () => {
    expect(verdict('X-Spam-Score: 1\nX-Spam-Flag: YES\nX-Rspamd-Score: 9').source).toEqual([
      'x-spam-flag',
      'x-spam-score',
    ]);
  });
});

describe('believed is', () => {
  const SPAM = 'X-Spam-Flag: YES\n';
  const HAM = 'X-Spam-Flag: NO\n';
  const hop = (by: string): string =>
    `Received: from x.example (x [192.0.2.1])\n\tby ${by} with ESMTP id 1; Wed, 1 Jul 2026 09:30:00 +0000\n`;

  test.each<[string, string, SpamTrust, SpamVerdict['verdict']]>([
    ['what stands above the first Received', SPAM + hop('mx'), {}, 'spam'],
    ['not what a sender wrote', hop('mx') + HAM, {}, 'unknown'],
    ['nothing in a message that no agent received', HAM, {}, 'unknown'],
    ['the topmost of a name', SPAM + HAM + hop('mx'), {}, 'spam'],
    [
      'what stands between servers of ours',
      hop('mx.example') + SPAM + hop('in.example') + HAM,
      { receivedBy: ['MX.example', 'in.example'] },
      'spam',
    ],
    [
      'not what stands below the last of ours',
      hop('mx.example') + HAM + hop('evil.example'),
      { receivedBy: ['mx.example'] },
      'unknown',
    ],
    [
      'not a server of ours below a strange one',
      hop('evil.example') + HAM + hop('mx.example') + HAM,
      { receivedBy: ['mx.example'] },
      'unknown',
    ],
    ['what stands anywhere, if told so', hop('mx') + SPAM, { anywhere: ['X-Spam-Flag'] }, 'spam'],
    ['the topmost of those', hop('mx') + SPAM + HAM, { anywhere: ['x-spam-flag'] }, 'spam'],
    ['no other field anywhere', `${hop('mx')}X-Spam-Score: 9\n`, { anywhere: ['X-Spam-Flag'] }, 'unknown'],
  ])('%s', (_, header, trust, expected) => {
    expect(raw(header, trust).verdict).toBe(expected);
  });

  test('a name of ours in a comment or at another place of Received is no server of ours', () => {
    const forged = `Received: from mx.example (by mx.example) via by.example; now\n${HAM}${RECEIVED}`;
    expect(raw(hop('mx.example') + forged, { receivedBy: ['mx.example'] }).verdict).toBe('unknown');
  });
});

describe('Authentication-Results', () => {
  const trust: SpamTrust = { authservIds: ['MX.example.org'] };
  const FAIL =
    'Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=a@b.example;\n\tdmarc=fail (p=REJECT dis=NONE) header.from=b.example';

  test.each<[string, string, SpamTrust, SpamVerdict['verdict'], boolean]>([
    ['of a server that is believed', FAIL, trust, 'spam', true],
    ['of nobody that is believed', FAIL, {}, 'unknown', false],
    ['of another server', FAIL.replace('mx.example.org', 'mx.evil.example'), trust, 'unknown', false],
    [
      'with a policy as a property',
      'Authentication-Results: mx.example.org 1; dmarc=fail policy.dmarc=quarantine header.from=b',
      trust,
      'spam',
      true,
    ],
    [
      'with a version of the method',
      'Authentication-Results: mx.example.org; dmarc / 1 = fail (p=quarantine)',
      trust,
      'spam',
      true,
    ],
    ['with a quoted name', 'Authentication-Results: "mx.example.org"; dmarc=fail (p=reject)', trust, 'spam', true],
    [
      'where the domain asks for nothing',
      'Authentication-Results: mx.example.org; dmarc=fail (p=none)',
      trust,
      'unknown',
      true,
    ],
    ['where no policy is told', 'Authentication-Results: mx.example.org; dmarc=fail', trust, 'unknown', true],
    ['that pass', 'Authentication-Results: mx.example.org; dmarc=pass (p=reject)', trust, 'unknown', false],
    ['without DMARC', 'Authentication-Results: mx.example.org; dkim=fail (p=reject)', trust, 'unknown', false],
    ['of none', 'Authentication-Results: mx.example.org; none', trust, 'unknown', false],
    [
      'that say it within a text',
      'Authentication-Results: mx.example.org; spf=fail reason="x; dmarc=fail (p=reject)"',
      trust,
      'unknown',
      false,
    ],
    [
      'that say it in a comment',
      'Authentication-Results: mx.example.org; spf=fail (a; dmarc=fail (p=reject))',
      trust,
      'unknown',
      false,
    ],
    [
      'of which the topmost counts',
      `Authentication-Results: mx.example.org; dmarc=pass\n${FAIL}`,
      trust,
      'unknown',
      false,
    ],
    ['above which others stand', `Authentication-Results: other.example; dmarc=pass\n${FAIL}`, trust, 'spam', true],
  ])('%s', (_, fields, how, expected, forged) => {
    expect(verdict(fields, how)).toMatchObject({ verdict: expected, forged });
  });

  test('below the first Received are not read', () => {
    expect(raw(`${RECEIVED}${FAIL}\n`, trust)).toMatchObject({ verdict: 'unknown', forged: false });
  });

  test('add to what others say', () => {
    expect(verdict(`${FAIL}\nX-Spam-Status: No, score=1 required=5`, trust)).toMatchObject({
      verdict: 'spam',
      score: 1,
      ratio: 1,
      source: ['authentication-results', 'x-spam-status'],
    });
  });
});

describe('a field that overrides', () => {
  const trust: SpamTrust = { overrideField: 'X-Verdict' };

  test.each<[string, SpamVerdict['verdict'], boolean]>([
    ['ham', 'ham', true],
    ['SPAM', 'spam', true],
    ['softlist', 'spam', true],
    ['blacklist', 'spam', true],
    ['greylist', 'spam', false],
  ])('%s', (word, expected, override) => {
    const fields = `X-Verdict: ${word}\nX-Spam-Flag: ${expected === 'ham' || !override ? 'YES' : 'NO'}`;
    expect(verdict(fields, trust)).toMatchObject({ verdict: expected, override });
  });

  test('is none unless it was named, nor where a sender can write it', () => {
    expect(verdict('X-Verdict: ham')).toMatchObject({ verdict: 'unknown', override: false });
    expect(raw(`${RECEIVED}X-Verdict: ham\n`, trust)).toMatchObject({ verdict: 'unknown', override: false });
  });
});

test('any header has a verdict', () => {
  const hostile = [
    'Received: by '.repeat(20_000),
    `Received: ${'('.repeat(100_000)} by x\n`,
    `Authentication-Results: ${'('.repeat(50_000)}`,
    `Authentication-Results: mx; ${'dmarc='.repeat(20_000)}`,
    `X-Spamd-Result: ${':'.repeat(100_000)}`,
    `X-Spam-Status: Yes, ${'score='.repeat(20_000)}`,
    'X-Spam-Flag: \u0000\n'.repeat(10_000),
  ];
  for (const header of hostile) {
    expect(
      readSpamVerdict(Buffer.from(`X-Spam-Flag: YES\n${header}\n`), { authservIds: ['mx'], receivedBy: ['x'] }),
    ).toBeTypeOf('object');
  }
});
