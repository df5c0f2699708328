/** The one tokenizer: what search compares, folded alike for the index and for the query. */

/** What a code unit is to a tokenizer. */
const SEPARATOR = 0;
const WORD = 1;
/** Of a script that puts no space between words. */
const DENSE = 2;
/** A mark; leaves no trace. */
const MARK = 3;
/** Becomes several characters, which {@link expansions} has. */
const EXPANDS = 4;
/** Half of a character outside the Basic Multilingual Plane. */
const SURROGATE = 5;

const SPACE = 0x20;

const MARKS = /\p{M}+/gu;
const LETTER_OR_DIGIT = /^[\p{L}\p{N}]/u;
const DENSE_SCRIPT =
  /^[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]/u;
const NOT_ASCII = /[^\x00-\x7f]/;
// Jamo of all forms.
const JAMO = /[\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\ud7b0-\ud7fb\uffa0-\uffdc]/;

// Filled by blocks of 256 code units when a text first has one of them.
const kinds = new Uint8Array(0x10000);
const folded = new Uint16Array(0x10000);
const blockReady = new Uint8Array(0x100);
const expansions = new Map<number, string>();

/** Folded forms of characters outside the Basic Multilingual Plane; emptied when it has grown. */
const astral = new Map<string, string>();
const MAX_ASTRAL = 4096;

const ASCII_WORDS = Uint8Array.from({ length: 128 }, (_, c) =>
  /[0-9a-z]/i.test(String.fromCharCode(c)) ? String.fromCharCode(c).toLowerCase().charCodeAt(0) : 0,
);

/**
 * The text as substring search compares it: NFKD, marks dropped, lower case by the locale-free rules. Hangul stays in
 * syllables; both forms of the Greek small sigma are one. All other characters stay, spaces and punctuation too.
 */
export function foldText(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase();
  const source = composeJamo(text);
  const out = new UnitBuffer(source.length);
  eachFolded(source, (unit) => out.add(unit));
  return out.toString();
}

/**
 * The words of a text, with one space between. A word is a run of letters and digits after folding; a run of a script
 * without spaces (Han, Hiragana, Katakana, Thai, Khmer, Lao, Myanmar) becomes its overlapping pairs of characters and
 * its last character alone, so that every character of it begins a word.
 */
export function wordText(text: string): string {
  if (!NOT_ASCII.test(text)) return asciiWordText(text);
  const source = composeJamo(text);
  const words = new WordWriter(source.length);
  eachFolded(source, words.add);
  return words.end();
}

/** The words of a text, as a list; see {@link wordText}. */
export function words(text: string): string[] {
  const joined = wordText(text);
  return joined === '' ? [] : joined.split(' ');
}

function asciiWordText(text: string): string {
  const octets = Buffer.from(text, 'latin1');
  return octets.toString('latin1', 0, foldAscii(octets));
}

/** Leaves the words at the beginning; returns how many octets they are. */
function foldAscii(octets: Buffer): number {
  // Apart from what is done with the words: V8 would compile this loop without having seen what follows it, and throw
  // the code away there each time.
  let length = 0;
  let gap = false;
  for (let i = 0; i < octets.length; i++) {
    const unit = ASCII_WORDS[octets[i] as number] as number;
    if (unit === 0) {
      gap = length > 0;
      continue;
    }
    if (gap) {
      octets[length++] = SPACE;
      gap = false;
    }
    octets[length++] = unit;
  }
  return length;
}

/** Calls `visit` for each code unit of the folded text, in order. */
function eachFolded(text: string, visit: (unit: number, kind: number) => void): void {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      const lower = ASCII_WORDS[unit] as number;
      visit(lower === 0 ? unit : lower, lower === 0 ? SEPARATOR : WORD);
      continue;
    }
    if (blockReady[unit >> 8] === 0) fillBlock(unit >> 8);
    const kind = kinds[unit] as number;
    if (kind <= DENSE) {
      visit(folded[unit] as number, kind);
    } else if (kind === EXPANDS) {
      eachOfFolded(expansions.get(unit) as string, visit);
    } else if (kind === SURROGATE) {
      const character = String.fromCodePoint(text.codePointAt(i) as number);
      if (character.length === 2) i++;
      eachOfFolded(foldAstral(character), visit);
    }
  }
}

/** The same for text that is folded already. */
function eachOfFolded(text: string, visit: (unit: number, kind: number) => void): void {
  for (const character of text) {
    const kind = kindOf(character);
    for (let i = 0; i < character.length; i++) visit(character.charCodeAt(i), kind);
  }
}

function fillBlock(block: number): void {
  for (let unit = block << 8; unit < (block + 1) << 8; unit++) {
    if (unit >= 0xd800 && unit <= 0xdfff) {
      kinds[unit] = SURROGATE;
      continue;
    }
    const text = foldCharacter(String.fromCharCode(unit));
    folded[unit] = text.charCodeAt(0);
    if (text === '') kinds[unit] = MARK;
    else if (text.length === 1) kinds[unit] = kindOf(text);
    else {
      kinds[unit] = EXPANDS;
      expansions.set(unit, text);
    }
  }
  blockReady[block] = 1;
}

function foldCharacter(character: string): string {
  const unit = character.charCodeAt(0);
  if (unit >= 0xac00 && unit <= 0xd7a3) return character;
  const text = character.normalize('NFKD').replace(MARKS, '').toLowerCase().replace(MARKS, '').replace('ς', 'σ');
  // Of a syllable in a circle.
  return composeJamo(text);
}

/** Puts jamo together to syllables, so that both spellings of a word are one. */
function composeJamo(text: string): string {
  return JAMO.test(text) ? text.normalize('NFKD').replace(MARKS, '').normalize('NFC') : text;
}

function foldAstral(character: string): string {
  let text = astral.get(character);
  if (text === undefined) {
    text = foldCharacter(character);
    if (astral.size >= MAX_ASTRAL) astral.clear();
    astral.set(character, text);
  }
  return text;
}

function kindOf(character: string): number {
  if (!LETTER_OR_DIGIT.test(character)) return SEPARATOR;
  return DENSE_SCRIPT.test(character) ? DENSE : WORD;
}

/** Code units that become a string; grows. */
class UnitBuffer {
  #units: Uint16Array;
  length = 0;

  constructor(size: number) {
    this.#units = new Uint16Array(size + 16);
  }

  add(unit: number): void {
    if (this.length === this.#units.length) {
      const grown = new Uint16Array(this.length * 2);
      grown.set(this.#units);
      this.#units = grown;
    }
    this.#units[this.length++] = unit;
  }

  toString(): string {
    return Buffer.from(this.#units.buffer, 0, this.length * 2).toString('utf16le');
  }
}

/** Puts words one after the other with a space between. */
class WordWriter {
  readonly #out: UnitBuffer;
  #kind = SEPARATOR;
  /** The last character of a dense run, as code units; the first is 0 when one is enough. */
  #lastHigh = 0;
  #last = 0;
  /** The first half of a character whose second half comes next, or 0. */
  #high = 0;

  constructor(size: number) {
    this.#out = new UnitBuffer(size);
  }

  readonly add = (unit: number, kind: number): void => {
    const begins = kind !== this.#kind;
    if (begins) {
      this.#endRun();
      this.#kind = kind;
      if (kind !== SEPARATOR && this.#out.length > 0) this.#out.add(SPACE);
    }
    if (kind === WORD) this.#out.add(unit);
    else if (kind === DENSE) this.#addDense(unit, begins);
  };

  end(): string {
    this.#endRun();
    return this.#out.toString();
  }

  /** A dense run ends with its last character alone; all others were written when the next one came. */
  #endRun(): void {
    if (this.#kind !== DENSE) return;
    this.#character(this.#lastHigh, this.#last);
    this.#last = 0;
    this.#high = 0;
  }

  #addDense(unit: number, begins: boolean): void {
    if (unit >= 0xd800 && unit <= 0xdbff) {
      this.#high = unit;
      return;
    }
    if (!begins && this.#last !== 0) {
      this.#character(this.#lastHigh, this.#last);
      this.#character(this.#high, unit);
      this.#out.add(SPACE);
    }
    this.#lastHigh = this.#high;
    this.#last = unit;
    this.#high = 0;
  }

  #character(high: number, unit: number): void {
    if (high !== 0) this.#out.add(high);
    if (unit !== 0) this.#out.add(unit);
  }
}

/** Folding may leave a tab or several spaces between words (RFC 5322 section 2.2.3), which nobody types. */
export function oneSpaced(text: string): string {
  return text.replace(/ \s+|[^\S ]\s*/g, ' ');
}
