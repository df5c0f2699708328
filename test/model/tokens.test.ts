import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldText, words, wordText } from '../../src/model/tokens.ts';

describe('folding', () => {
  test.each<[string, string]>([
    ['Hello, World!', 'hello, world!'],
    ['Crème BRÛLÉE', 'creme brulee'],
    ['ﬁne ①½', 'fine 11⁄2'],
    ['ΟΔΟΣ οδός', 'οδοσ οδοσ'],
    ['İstanbul ISI ısı', 'istanbul isi ısı'],
    ['Straße', 'straße'],
    ['ＡＢＣ１２', 'abc12'],
    ['한국어', '한국어'],
    ['㈎㉮', '(가)가'],
    ['𝐀𝐁𝑐', 'abc'],
    ['🎈 ok', '🎈 ok'],
  ])('%s', (text, folded) => {
    expect(foldText(text)).toBe(folded);
    expect(foldText(text.normalize('NFD'))).toBe(folded);
  });

  test('any text folds to what folds to itself, and spellings fold alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const folded = foldText(text);
        expect(foldText(folded)).toBe(folded);
        expect(foldText(text.normalize('NFD'))).toBe(foldText(text.normalize('NFC')));
      }),
      { numRuns: 500 },
    );
  });
});

describe('words', () => {
  test.each<[string, string[]]>([
    ['', []],
    [' ... ', []],
    ['Hello, World-2', ['hello', 'world', '2']],
    ['a_b@c.de', ['a', 'b', 'c', 'de']],
    ['Grüße aus Köln', ['gruße', 'aus', 'koln']],
    ['cafe\u0301', ['cafe']],
    ['日本語', ['日本', '本語', '語']],
    ['東', ['東']],
    ['東京tokyo京', ['東京', '京', 'tokyo', '京']],
    ['ひらがなカナー', ['ひら', 'らか', 'かな', 'なカ', 'カナ', 'ナー', 'ー']],
    ['한국어 공부', ['한국어', '공부']],
    ['ก็ได้', ['กไ', 'ได', 'ด']],
    ['𠀀𠀁x', ['𠀀𠀁', '𠀁', 'x']],
    ['日、本', ['日', '本']],
    ['a日b', ['a', '日', 'b']],
    ['½', ['1', '2']],
    ['\ud800a\udc00', ['a']],
  ])('%s', (text, expected) => {
    expect(words(text)).toEqual(expected);
    expect(wordText(text)).toBe(expected.join(' '));
  });

  test('of a text in two spellings are the same', () => {
    for (const text of ['Žluťoučký kůň', '한국어', 'が ぱ', 'Ελλάδα']) {
      expect(words(text.normalize('NFD'))).toEqual(words(text));
    }
  });

  test('are never empty, and folding comes first', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        for (const word of words(text)) expect(word).toMatch(/^\S+$/u);
        expect(wordText(foldText(text))).toBe(wordText(text));
      }),
      { numRuns: 500 },
    );
  });
});
