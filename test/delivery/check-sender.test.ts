/** Senders are checked by signatures that were made with a key of the test's, a DNS that is a table, and the real thread. */

import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { dkimSign, sealMessage } from 'mailauth';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { readAuthenticationResults } from '../../src/delivery/authentication-results.ts';
import type { ResolveDns } from '../../src/delivery/bounded-resolver.ts';
import { MAX_CHECKED, MAX_LOOKUPS, MAX_SIGNATURES, SenderChecker } from '../../src/delivery/check-sender.ts';
import {
  type CheckedMail,
  type CheckedOrigin,
  type SenderCheck,
  withSenderCheck,
} from '../../src/delivery/sender-check.ts';
import { NO_VERDICT, readSpamVerdict } from '../../src/delivery/spam-verdict.ts';
import { MessageBody } from '../../src/mime/message-body.ts';
import { splitMessage } from '../../src/mime/split-message.ts';
import { DIST } from '../house/source-tree.ts';
import { MemoryBlobs } from '../mime/memory-blobs.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'der' },
});

const RECORDS: Readonly<Record<string, readonly unknown[]>> = {
  'TXT good.example': [['v=spf1 ip4:192.0.2.10 -all']],
  'TXT s1._domainkey.good.example': [[`v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`]],
  'TXT _dmarc.good.example': [['v=DMARC1; p=', 'Reject']],
  'TXT _dmarc.soft.example': [['v=DMARC1; p=none']],
  'TXT list.example': [['v=spf1 ip4:192.0.2.20 ~all']],
  'TXT s1._domainkey.list.example': [[`v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`]],
};

const table: ResolveDns = async (name, type) => {
  const records = RECORDS[`${type} ${name}`];
  if (!records) throw Object.assign(new Error(`no ${type} of ${name}`), { code: 'ENOTFOUND' });
  return [...records];
};

const LETTER = `From: Ann <ann@good.example>\r\nTo: bob@b.example\r\nSubject: hello\r\nMessage-ID: <1@good.example>\r\n\r\nHello,\r\n\r\n${'Some text of the letter.\r\n'.repeat(40)}`;

async function signed(message: string | Buffer, domain = 'good.example'): Promise<Buffer> {
  const { signatures } = await dkimSign(message, {
    signatureData: [{ signingDomain: domain, selector: 's1', privateKey }],
  } as Parameters<typeof dkimSign>[1]);
  return Buffer.concat([Buffer.from(signatures), Buffer.from(message)]);
}

const GOOD: CheckedOrigin = { address: '192.0.2.10', helo: 'mx.good.example', mailFrom: 'ann@good.example' };
const EVIL: CheckedOrigin = { address: '203.0.113.9', helo: 'evil.example', mailFrom: 'ann@good.example' };

const HERE = 'mx.here.example';
/** As one store has it. */
const checker = new SenderChecker({ authservId: HERE, resolve: table });
afterAll(() => checker.close());

function checkerWith(options: { resolve?: ResolveDns; timeoutMs?: number; totalMs?: number }): SenderChecker {
  const made = new SenderChecker({ authservId: HERE, resolve: table, ...options });
  onTestFinished(() => made.close());
  return made;
}

async function mailOf(message: string | Buffer): Promise<CheckedMail> {
  const blobs = new MemoryBlobs();
  const content = await splitMessage(Buffer.from(message), blobs);
  const body = new MessageBody(content, content.tree, blobs);
  return { header: content.header, size: content.size, read: (start) => body.read(start) };
}

async function check(
  message: string | Buffer,
  { origin = GOOD, by = checker }: { readonly origin?: CheckedOrigin; readonly by?: SenderChecker } = {},
): Promise<SenderCheck> {
  return by.check(await mailOf(message), origin);
}

describe('a message', () => {
  test('of its sender passes', async () => {
    expect(await check(await signed(LETTER))).toEqual({
      spf: { result: 'pass', domain: 'good.example' },
      dkim: [{ result: 'pass', domain: 'good.example', selector: 's1' }],
      arc: 'none',
      dmarc: { result: 'pass', domain: 'good.example', policy: 'reject' },
      field: [
        'Authentication-Results: mx.here.example;',
        ' spf=pass smtp.mailfrom=good.example;',
        ' dkim=pass header.d=good.example header.s=s1;',
        ' arc=none;',
        ' dmarc=pass (p=reject) header.from=good.example\r\n',
      ].join('\r\n'),
    });
  });

  test.each<[string, string | Promise<Buffer>, CheckedOrigin, object]>([
    [
      'signed, from elsewhere, passes by its signature',
      signed(LETTER),
      EVIL,
      { spf: { result: 'fail' }, dkim: [{ result: 'pass' }], dmarc: { result: 'pass' } },
    ],
    [
      'not signed, from the right address, passes by SPF',
      LETTER,
      GOOD,
      { spf: { result: 'pass' }, dkim: [], dmarc: { result: 'pass' } },
    ],
    [
      'not signed, from elsewhere, fails',
      LETTER,
      EVIL,
      { spf: { result: 'fail' }, dkim: [], dmarc: { result: 'fail', policy: 'reject' } },
    ],
    [
      'changed on its way fails',
      signed(LETTER).then((message) => Buffer.from(message.toString().replace('Some text', 'Some other text'))),
      EVIL,
      { dkim: [{ result: 'neutral' }], dmarc: { result: 'fail' } },
    ],
    [
      'with another subject fails',
      signed(LETTER).then((message) => Buffer.from(message.toString().replace('Subject: hello', 'Subject: pay'))),
      EVIL,
      { dkim: [{ result: 'fail' }], dmarc: { result: 'fail' } },
    ],
    [
      'signed by another domain fails, though the signature is good',
      signed(LETTER, 'list.example'),
      { ...EVIL, address: '192.0.2.20', mailFrom: 'bounce@list.example' },
      {
        spf: { result: 'pass', domain: 'list.example' },
        dkim: [{ result: 'pass', domain: 'list.example' }],
        dmarc: { result: 'fail' },
      },
    ],
    [
      'of a domain that asks for nothing',
      LETTER.replaceAll('good.example', 'soft.example'),
      EVIL,
      { dmarc: { result: 'fail', domain: 'soft.example', policy: 'none' } },
    ],
    [
      'of a domain without DMARC',
      LETTER.replaceAll('good.example', 'other.example'),
      GOOD,
      { dmarc: { result: 'none', domain: 'other.example', policy: null } },
    ],
    [
      'from nobody knows where',
      LETTER,
      { mailFrom: 'ann@good.example' },
      { spf: { result: 'none', domain: null }, dmarc: { result: 'fail' } },
    ],
    [
      'with an empty reverse path is asked for the name of its client',
      LETTER,
      { address: '192.0.2.10', helo: 'good.example', mailFrom: '' },
      { spf: { result: 'pass', domain: 'good.example' }, dmarc: { result: 'pass' } },
    ],
    [
      'of two domains is nobody\u2019s',
      LETTER.replace('<ann@good.example>', '<ann@good.example>, eve@evil.example'),
      GOOD,
      { dmarc: { result: 'permerror', domain: null } },
    ],
    [
      'with two fields From of two domains is nobody\u2019s',
      `From: eve@evil.example\r\n${LETTER}`,
      GOOD,
      { dmarc: { result: 'permerror', domain: null } },
    ],
    ['without From is nobody\u2019s', 'Subject: a\r\n\r\nb\r\n', GOOD, { dmarc: { result: 'none', domain: null } }],
    ['of no octets', '', GOOD, { dkim: [], arc: 'none' }],
    ['without a body', 'From: ann@good.example\r\n', EVIL, { dmarc: { result: 'fail' } }],
  ])('%s', async (_, message, origin, expected) => {
    expect(await check(await message, { origin })).toMatchObject(expected);
  });

  test('with a file in a blob is read to its end', async () => {
    const file = Buffer.alloc(300_000, 'eider').toString('base64').replace(/.{76}/g, '$&\r\n');
    const message = `${LETTER.replace('Subject', 'Content-Transfer-Encoding: base64\r\nContent-Type: application/octet-stream\r\nSubject').split('\r\n\r\n')[0]}\r\n\r\n${file}\r\n`;
    expect(await check(await signed(message), { origin: EVIL })).toMatchObject({ dkim: [{ result: 'pass' }] });
  });

  test('that is signed in part only proves nothing of the rest', async () => {
    const { signatures } = await dkimSign(LETTER, {
      signatureData: [{ signingDomain: 'good.example', selector: 's1', privateKey, maxBodyLength: 30 }],
    } as Parameters<typeof dkimSign>[1]);
    expect(await check(`${signatures}${LETTER}And pay at once.\r\n`, { origin: EVIL })).toMatchObject({
      dkim: [{ result: 'pass', domain: 'good.example' }],
      dmarc: { result: 'fail' },
    });
  });

  test('is checked beside others, each by its own octets', async () => {
    const good = await signed(LETTER);
    const bad = Buffer.from(good.toString().replace('Some text', 'Some other text'));
    const checks = await Promise.all([good, bad, good, bad, good].map((message) => check(message, { origin: EVIL })));
    expect(checks.map(({ dmarc }) => dmarc.result)).toEqual(['pass', 'fail', 'pass', 'fail', 'pass']);
  });

  test('that passed a list has a chain that is good, or is told to be bad', async () => {
    const original = await signed(LETTER);
    const seal = {
      signingDomain: 'list.example',
      selector: 's1',
      privateKey,
      i: 1,
      cv: 'none',
      authResults: 'list.example; dmarc=pass',
      signTime: new Date(),
    };
    const sealed = Buffer.concat([await sealMessage(original, seal as Parameters<typeof sealMessage>[1]), original]);
    expect(await check(sealed, { origin: EVIL })).toMatchObject({ arc: 'pass', dmarc: { result: 'pass' } });
    const broken = Buffer.from(sealed.toString().replace('Some text', 'Some spam'));
    expect(await check(broken, { origin: EVIL })).toMatchObject({ arc: 'fail', dmarc: { result: 'fail' } });
  });
});

describe('nobody can', () => {
  test('make it take long: all questions share their time', async () => {
    const asked: string[] = [];
    const silent: ResolveDns = (name) => {
      asked.push(name);
      return new Promise(() => {});
    };
    expect(await check(await signed(LETTER), { by: checkerWith({ resolve: silent, timeoutMs: 50 }) })).toMatchObject({
      spf: { result: 'temperror' },
      dkim: [{ result: 'temperror' }],
      dmarc: { result: 'temperror' },
    });
    expect(asked).toHaveLength(1);
  });

  test('make it take long by octets: the thread is ended, and the next message has another', async () => {
    const by = checkerWith({ totalMs: 8_000 });
    const lines = Buffer.alloc(1024 * 1024, '\n');
    const header = Buffer.from(
      'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=a.example; s=s; h=from; bh=AA==; b=AA==\r\nFrom: ann@good.example\r\n\r\n',
    );
    let open = 0;
    const read = async function* (): AsyncGenerator<Uint8Array> {
      open++;
      try {
        for (let count = 0; count < 60; count++) yield lines;
      } finally {
        open--;
      }
    };
    const mail = { header, size: header.length + 60 * lines.length, read };
    expect(await by.check(mail, GOOD)).toMatchObject({
      spf: { result: 'temperror' },
      dkim: [],
      dmarc: { result: 'temperror' },
    });
    await expect.poll(() => open).toBe(0);
    const letter = await signed(LETTER);
    await expect.poll(async () => (await check(letter, { by })).dmarc.result, { timeout: 60_000 }).toBe('pass');
  }, 120_000);

  test('make it ask much', async () => {
    let asked = 0;
    const endless: ResolveDns = async (name, type) => {
      asked++;
      if (type !== 'TXT' || name.startsWith('_dmarc')) return [];
      return [[`v=spf1 ${Array.from({ length: 10 }, (_, at) => `include:a${at}.${name}`).join(' ')} -all`]];
    };
    const message = Array.from(
      { length: 40 },
      (_, at) =>
        `DKIM-Signature: v=1; a=rsa-sha256; d=d${at}.example; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AA==\r\n`,
    );
    const { spf } = await check(`${message.join('')}${LETTER}`, { by: checkerWith({ resolve: endless }) });
    expect(spf.result).toBe('permerror');
    expect(asked).toBeLessThanOrEqual(MAX_LOOKUPS);
  });

  test('have the message hashed more than a few times', async () => {
    const sign = (at: number): string =>
      `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n\td=d${at}.example; s=s; l=${at}; h=from; bh=AA==;\r\n b=AA==\r\n`;
    const { dkim } = await check(`${Array.from({ length: 40 }, (_, at) => sign(at)).join('')}${LETTER}`);
    expect(dkim.map(({ domain }) => domain)).toEqual(
      Array.from({ length: MAX_SIGNATURES }, (_, at) => `d${at}.example`),
    );
  });

  test('have a message checked that is too long, or has no end of its header', async () => {
    const read = (): never => {
      throw new Error('it was read');
    };
    const unknown = { spf: { result: 'temperror' }, dkim: [], dmarc: { result: 'temperror' } };
    const header = Buffer.from('From: ann@good.example\r\n\r\n');
    expect(await checker.check({ header, size: MAX_CHECKED + 1, read }, GOOD)).toMatchObject(unknown);
    expect(await checker.check({ header: header.subarray(0, -2), size: 1_000, read }, GOOD)).toMatchObject(unknown);
  });

  test('keep DMARC from being looked at by a chain that is odd', async () => {
    const weak = generateKeyPairSync('rsa', {
      modulusLength: 512,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const resolve: ResolveDns = async (name, type) =>
      name.includes('weak') ? [[`v=DKIM1; k=rsa; p=${weak.publicKey.toString('base64')}`]] : table(name, type);
    const by = checkerWith({ resolve });
    const odd =
      'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=weak.example; s=s; t=1; b=AA==\r\nARC-Message-Signature: i=1; a=rsa-sha256; d=weak.example; s=s; h=from; bh=AA==; b=AA==\r\nARC-Authentication-Results: i=1; x\r\n';
    for (const chain of [
      odd,
      odd.repeat(60),
      odd.replaceAll('i=1', 'i=x'),
      'ARC-Seal: \r\n',
      `ARC-Seal: i=1;${'a'.repeat(5_000)}\r\n`,
    ]) {
      const { arc, dmarc } = await check(`${chain}${LETTER}`, { origin: EVIL, by });
      expect(['fail', 'none']).toContain(arc);
      expect(dmarc).toMatchObject({ result: 'fail', policy: 'reject' });
    }
    expect(await check(`${odd}${LETTER}`, { by })).toMatchObject({ arc: 'fail' });
  });

  test('write into the field', async () => {
    const hostile = LETTER.replace('ann@good.example', 'ann@evil.example;\r\n dmarc=pass').replace(
      'Subject',
      'DKIM-Signature: v=1; a=rsa-sha256; d="x; dmarc=pass"; s=(a); h=from; bh=AA; b=AA\r\nSubject',
    );
    const origin = { address: '192.0.2.10', helo: 'a; dmarc=pass\r\nX: y', mailFrom: '"a; dmarc=pass"@b c' };
    const { field } = await check(hostile, { origin });
    expect(field.match(/dmarc=/g)).toHaveLength(1);
    expect(field).toMatch(
      /^Authentication-Results: mx\.here\.example;(?:\r\n [a-z]+=[a-z]+(?: \(p=[a-z]+\))?(?: [a-z.]+=[\w.-]+)*;?)+\r\n$/,
    );
  });

  test('make it wait for octets that never come', async () => {
    const header = Buffer.from('From: ann@good.example\r\n\r\n');
    const read = async function* (): AsyncGenerator<Uint8Array> {
      yield await new Promise<never>(() => {});
    };
    const by = checkerWith({ totalMs: 1_000 });
    expect(await by.check({ header, size: 1_000, read }, GOOD)).toMatchObject({ dmarc: { result: 'temperror' } });
  });

  test('hide that the message cannot be read', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a');
      throw new Error('the disk is broken');
    };
    const mail = { header: Buffer.from('From: ann@good.example\r\n\r\n'), size: 100, read: broken };
    await expect(checker.check(mail, GOOD)).rejects.toThrow('the disk is broken');
    expect(await check(LETTER)).toMatchObject({ dmarc: { result: 'pass' } });
  });
});

test('a process that checked a message ends by itself, and printed nothing of its own', async () => {
  const program = `
    import { SenderChecker } from ${JSON.stringify(pathToFileURL(join(DIST, 'index.js')).href)};
    const resolve = async () => { throw Object.assign(new Error(), { code: 'ENOTFOUND' }); };
    const header = Buffer.from('DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=s; h=from; l=99; bh=AA==; b=AA==\\r\\nFrom: a@b.example\\r\\n\\r\\n');
    const mail = { header, size: header.length, async *read() {} };
    const { dmarc } = await new SenderChecker({ authservId: 'mx', resolve }).check(mail, { mailFrom: '' });
    console.log(dmarc.result);`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 50_000,
  });
  expect({ stdout, stderr }).toEqual({ stdout: 'none\n', stderr: '' });
});

test('results are told by a name that can stand in a header', () => {
  for (const authservId of ['', 'a b', 'a;b', 'a\r\nb', '-a', 'x'.repeat(254)]) {
    expect(() => new SenderChecker({ authservId })).toThrow(/host name/);
  }
});

test('questions and answers that cannot be handed over are errors of the DNS', async () => {
  const strange: ResolveDns = async () => [() => 'no record'];
  expect(await check(LETTER, { by: checkerWith({ resolve: strange }) })).toMatchObject({
    dmarc: { result: 'temperror' },
  });
  const textual: ResolveDns = () => Promise.reject('no error');
  expect(await check(LETTER, { by: checkerWith({ resolve: textual }) })).toMatchObject({
    dmarc: { result: 'temperror' },
  });
});

describe('what was found', () => {
  test('is read back from the field by who trusts it', async () => {
    const { field } = await check(LETTER, { origin: EVIL });
    const value = field.slice('Authentication-Results:'.length).replaceAll('\r\n', '');
    expect(readAuthenticationResults([value], ['mx.here.example'])).toEqual({ dmarc: 'fail', policy: 'reject' });
    const stored = Buffer.from(`${field}Received: by mx.here.example\r\n${LETTER}`);
    expect(readSpamVerdict(stored, { authservIds: ['mx.here.example'] })).toMatchObject({
      verdict: 'spam',
      forged: true,
    });
  });

  test('is added to the verdict of others', async () => {
    const failed = await check(LETTER, { origin: EVIL });
    const passed = await check(LETTER);
    const soft = await check(LETTER.replaceAll('good.example', 'soft.example'), { origin: EVIL });
    const ham = { ...NO_VERDICT, verdict: 'ham', score: 1, ratio: 0.2, source: ['x-spam-score'] } as const;
    expect(withSenderCheck(ham, failed)).toEqual({
      ...ham,
      verdict: 'spam',
      ratio: 1,
      forged: true,
      source: ['authentication-results', 'x-spam-score'],
    });
    expect(withSenderCheck(ham, passed)).toEqual(ham);
    expect(withSenderCheck(ham, soft)).toEqual({ ...ham, forged: true });
    expect(withSenderCheck({ ...ham, override: true }, failed)).toEqual({ ...ham, override: true, forged: true });
  });
});
