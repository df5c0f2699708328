import { describe, expect, test } from 'vitest';
import { LOGIN } from '../../../src/auth/sasl/login.ts';
import { PLAIN } from '../../../src/auth/sasl/plain.ts';
import { talk } from './scripted-client.ts';

const ADMITTED = { kind: 'success', admitted: 'somebody' };

describe('PLAIN', () => {
  test('takes the examples of RFC 4616 section 4', async () => {
    const tim = { kind: 'password', authcid: 'tim', authzid: null, password: 'tanstaaftanstaaf' };
    expect(await talk(PLAIN, ['\0tim\0tanstaaftanstaaf'])).toEqual({ said: [], seen: [tim], end: ADMITTED });
    const kurt = { kind: 'password', authcid: 'Kurt', authzid: 'Ursel', password: 'xipj3plmq' };
    const refused = { kind: 'failure', reason: 'refused', authcid: 'Kurt' };
    expect(await talk(PLAIN, ['Ursel\0Kurt\0xipj3plmq'], { admits: false })).toEqual({
      said: [],
      seen: [kurt],
      end: refused,
    });
  });

  test('asks with an empty challenge when nothing came with the command', async () => {
    const { said, seen, end } = await talk(PLAIN, [null, '\0ann\0secret']);
    expect([said, seen.length, end]).toEqual([[''], 1, ADMITTED]);
  });

  test('takes names and passwords of 255 octets, in any script', async () => {
    const long = '\u20ac'.repeat(85);
    expect((await talk(PLAIN, [`${long}\0${long}\0${long}`])).seen).toEqual([
      { kind: 'password', authcid: long, authzid: long, password: long },
    ]);
  });

  test.each([
    ['nothing', ''],
    ['no password', '\0ann'],
    ['an empty password', '\0ann\0'],
    ['no name', '\0\0secret'],
    ['four parts', '\0ann\0secret\0token'],
    ['octets that are no UTF-8', Buffer.from('\0ann\0\xff', 'latin1')],
  ])('refuses %s', async (_what, message) => {
    expect(await talk(PLAIN, [message])).toMatchObject({ seen: [], end: { kind: 'failure', reason: 'malformed' } });
  });

  test('takes 4,096 octets and no more', async () => {
    const ofLength = (octets: number) => `\0ann\0${'x'.repeat(octets - 5)}`;
    expect((await talk(PLAIN, [ofLength(4096)])).end).toEqual(ADMITTED);
    const tooLong = { kind: 'failure', reason: 'too-long', authcid: null };
    expect((await talk(PLAIN, [ofLength(4097)])).end).toEqual(tooLong);
    expect((await talk(PLAIN, [null, ofLength(4097)])).end).toEqual(tooLong);
  });

  test('ends when the client cancels', async () => {
    expect((await talk(PLAIN, [null])).end).toEqual({ kind: 'failure', reason: 'cancelled', authcid: null });
  });
});

describe('LOGIN', () => {
  const ann = { kind: 'password', authcid: 'ann', authzid: null, password: 'pass w\u00f6rd' };

  test('asks for the name and for the password', async () => {
    expect(await talk(LOGIN, [null, 'ann', 'pass w\u00f6rd'])).toEqual({
      said: ['User Name\0', 'Password\0'],
      seen: [ann],
      end: ADMITTED,
    });
  });

  test('takes the name with the command', async () => {
    expect(await talk(LOGIN, ['ann', 'pass w\u00f6rd'])).toEqual({ said: ['Password\0'], seen: [ann], end: ADMITTED });
  });

  test('tells who was refused', async () => {
    const { end } = await talk(LOGIN, ['ann', 'wrong'], { admits: false });
    expect(end).toEqual({ kind: 'failure', reason: 'refused', authcid: 'ann' });
  });

  test.each([
    ['an empty name', ['']],
    ['a name with NUL', ['a\0b']],
    ['an empty password', ['ann', '']],
    ['a password that is no UTF-8', ['ann', Buffer.from([0xc3])]],
  ])('refuses %s', async (_what, messages) => {
    expect(await talk(LOGIN, messages)).toMatchObject({ seen: [], end: { kind: 'failure', reason: 'malformed' } });
  });
});
