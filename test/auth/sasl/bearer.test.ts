import { describe, expect, test } from 'vitest';
import { OAUTHBEARER } from '../../../src/auth/sasl/oauth-bearer.ts';
import { XOAUTH2 } from '../../../src/auth/sasl/xoauth2.ts';
import { talk } from './scripted-client.ts';

const decode = (base64: string) => Buffer.from(base64, 'base64');
const context = {
  bearer: { scope: 'example_scope', openidConfiguration: 'https://example.com/.well-known/openid-configuration' },
};

describe('OAUTHBEARER', () => {
  const token = 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==';

  test('takes the examples of RFC 7628 section 4.1', async () => {
    const imap =
      'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB';
    const smtp =
      'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB';
    for (const [message, port] of [
      [imap, 143],
      [smtp, 587],
    ] as const) {
      expect(await talk(OAUTHBEARER, [decode(message)], { context })).toEqual({
        said: [],
        seen: [{ kind: 'bearer', authzid: 'user@example.com', token, host: 'server.example.com', port }],
        end: { kind: 'success', admitted: 'somebody' },
      });
    }
  });

  test('holds the failed exchange of section 4.3, to the octet', async () => {
    const message = 'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9AQE=';
    const answer =
      'eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0=';
    const { said, seen, end } = await talk(OAUTHBEARER, [decode(message), '\x01'], { context });
    expect([said.map((text) => Buffer.from(text).toString('base64')), seen]).toEqual([[answer], []]);
    expect(end).toEqual({ kind: 'failure', reason: 'refused', authcid: null });
    expect((await talk(OAUTHBEARER, [decode(message)], { context })).end).toMatchObject({ reason: 'cancelled' });
  });

  // Its GS2 header has user= where the grammar has a=.
  test('answers the client of section 4.4 with an error', async () => {
    const message =
      'bix1c2VyPXNvbWV1c2VyQGV4YW1wbGUuY29tLAFhdXRoPUJlYXJlciB2RjlkZnQ0cW1UYzJOdmIzUmxja0JoZEhSaGRtbHpkR0V1WTI5dENnPT0BAQ==';
    const { said, end } = await talk(OAUTHBEARER, [decode(message), '\x01']);
    expect([said, end]).toEqual([
      ['{"status":"invalid_request"}'],
      { kind: 'failure', reason: 'malformed', authcid: null },
    ]);
  });

  test('tells a client whose token is refused, whatever it answers', async () => {
    for (const answer of ['\x01', '', 'n,,\x01auth=Bearer good\x01\x01']) {
      const { said, seen, end } = await talk(OAUTHBEARER, ['n,,\x01auth=Bearer bad\x01\x01', answer], {
        admits: false,
        context,
      });
      expect(said).toEqual([
        '{"status":"invalid_token","scope":"example_scope","openid-configuration":"https://example.com/.well-known/openid-configuration"}',
      ]);
      expect([seen.length, end]).toEqual([1, { kind: 'failure', reason: 'refused', authcid: null }]);
    }
  });

  test('reads fields in any order, unknown ones too, and the name of the type in any case', async () => {
    const message = 'y,a=a=2Cb=3Dc,\x01qs=x\x01auth=bEaReR  a.b-c~d+e/f_1==\x01new=\x01\x01';
    expect((await talk(OAUTHBEARER, [null, message])).seen).toEqual([
      { kind: 'bearer', authzid: 'a,b=c', token: 'a.b-c~d+e/f_1==', host: null, port: null },
    ]);
  });

  test.each([
    ['the answer to an error', '\x01'],
    ['nothing', ''],
    ['a channel binding', 'p=tls-exporter,,\x01auth=Bearer a\x01\x01'],
    ['no end', 'n,,\x01auth=Bearer a\x01'],
    ['more after the end', 'n,,\x01auth=Bearer a\x01\x01x=y\x01'],
    ['two tokens', 'n,,\x01auth=Bearer a\x01auth=Bearer b\x01\x01'],
    ['no token', 'n,,\x01host=h\x01\x01'],
    ['another type of token', 'n,,\x01auth=OAuth a\x01\x01'],
    ['a token with a space', 'n,,\x01auth=Bearer a b\x01\x01'],
    ['a port of 0', 'n,,\x01port=0\x01auth=Bearer a\x01\x01'],
    ['a name with a bare =', 'n,a=a=b,\x01auth=Bearer a\x01\x01'],
  ])('answers %s with an error', async (_what, message) => {
    const { said, seen, end } = await talk(OAUTHBEARER, [message, '\x01']);
    expect([said, seen]).toEqual([['{"status":"invalid_request"}'], []]);
    expect(end).toEqual({ kind: 'failure', reason: 'malformed', authcid: null });
  });

  test('takes 12,288 octets and no more', async () => {
    const ofLength = (octets: number) => `n,,\x01auth=Bearer ${'x'.repeat(octets - 18)}\x01\x01`;
    expect((await talk(OAUTHBEARER, [ofLength(12_288)])).end.kind).toBe('success');
    expect((await talk(OAUTHBEARER, [ofLength(12_289)])).end).toMatchObject({ reason: 'too-long' });
  });
});

describe('XOAUTH2', () => {
  const message = 'user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01';

  test('takes a name and a token', async () => {
    expect(await talk(XOAUTH2, [message])).toEqual({
      said: [],
      seen: [
        {
          kind: 'bearer',
          authzid: 'someuser@example.com',
          token: 'ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg',
          host: null,
          port: null,
        },
      ],
      end: { kind: 'success', admitted: 'somebody' },
    });
  });

  test('tells a client whose token is refused', async () => {
    const { said, end } = await talk(XOAUTH2, [null, message, ''], { admits: false, context });
    expect(said).toEqual(['', '{"status":"401","schemes":"bearer","scope":"example_scope"}']);
    expect(end).toEqual({ kind: 'failure', reason: 'refused', authcid: null });
  });

  test.each([
    ['nothing', ''],
    ['no name', 'auth=Bearer a\x01\x01'],
    ['an empty name', 'user=\x01auth=Bearer a\x01\x01'],
    ['no token', 'user=a\x01\x01'],
    ['one end only', 'user=a\x01auth=Bearer a\x01'],
    ['octets that are no UTF-8', Buffer.from('user=\xff\x01auth=Bearer a\x01\x01', 'latin1')],
  ])('answers %s with an error', async (_what, bad) => {
    const { said, seen, end } = await talk(XOAUTH2, [bad, '']);
    expect([said, seen, end.reason]).toEqual([['{"status":"400","schemes":"bearer"}'], [], 'malformed']);
  });
});
