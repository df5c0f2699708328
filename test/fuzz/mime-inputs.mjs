/** Messages for the splitter: nearly right ones, and real ones from a corpus beside the repository made wrong. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutate } from './mutate.mjs';
import { Random } from './random.mjs';

const CORPUS = join(import.meta.dirname, '../../../shared/corpus');
/** Of a large one only so much: what is beyond is more of the same. */
const MAX_OCTETS = 20_000;

const base64Lines = (octets, length, eol) =>
  (
    Buffer.from(octets, 'latin1')
      .toString('base64')
      .match(new RegExp(`.{1,${length}}`, 'g')) ?? []
  ).join(eol) + eol;

const LINES = [
  ...[
    '',
    '--x',
    '--x--',
    '--y',
    '--y--',
    '--x ',
    '--',
    '-- ',
    '\r--x',
    'text',
    '.',
    ' folded',
    '\tfolded',
    '--xy',
    'From a@b',
  ],
  ...[
    'Content-Type: text/html',
    'Content-Type: multipart/mixed; boundary=x',
    'Content-Type: multipart/alternative; boundary="y"',
  ],
  ...[
    'Content-Type: multipart/digest; boundary=y',
    'Content-Type: message/rfc822',
    'Content-Type: text',
    'Content-Type: ;;=',
  ],
  ...['Content-Type: application/octet-stream; name*0*=utf-8\'\'a%20; name*1="b"', 'Content-Type: message/global'],
  ...['Content-Disposition: attachment; filename="=?utf-8?q?=C3=A9?="', 'Content-Transfer-Encoding: base64'],
  ...[
    'Content-Transfer-Encoding: quoted-printable',
    'Content-Transfer-Encoding: x-none',
    'Content-Language: de, (x) en',
  ],
  ...[
    'Subject: s =?utf-8?B?w6k=?= =?iso-2022-jp?B?GyRCJDUbKEI=?=',
    'From: "a" <b@c>, d: e@f;, (x) g',
    'To: <@r:a@b>, "',
    'Date: 1 Feb 2024 1:2',
  ],
  ...[
    'Message-ID: <a@b>',
    'References: <a@b> <c',
    'a=3D=\r\nb =20 \t',
    '=',
    'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx',
    'QUI=',
  ],
];
const EOLS = ['\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', ''];
const TOKENS = [
  ...LINES.map((line) => `\r\n${line}\r\n`),
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\xff',
  ';',
  '"',
  '(',
  '<',
  '=',
  '--',
  ': ',
];

/** Messages without end; the same for the same seed, and the same corpus. */
export class MimeInputs {
  #random;
  #real;

  /** @param {number} seed */
  constructor(seed) {
    this.#random = new Random(seed);
    this.#real = existsSync(CORPUS)
      ? readdirSync(CORPUS, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1').slice(0, MAX_OCTETS))
      : [];
    if (this.#real.length === 0) console.warn('there is no corpus beside the repository: all messages are made here');
  }

  get random() {
    return this.#random;
  }

  /** Octets in a string. */
  next() {
    const random = this.#random;
    if (random.once(20)) return random.octets(random.below(400));
    const made = this.#made();
    if (this.#real.length === 0 || random.once(3)) return random.once(2) ? made : mutate(made, random, TOKENS, [made]);
    return mutate(random.of(this.#real), random, TOKENS, this.#real);
  }

  #made() {
    const random = this.#random;
    const eol = random.of(EOLS.slice(0, 5));
    let text = random.once(3) ? '' : `Content-Type: multipart/mixed; boundary=x${eol}${eol}--x${eol}`;
    for (let left = random.below(40); left > 0; left--) {
      const times = random.once(12) ? random.of([2, 90]) : 1;
      text += (random.of(LINES) + (random.once(4) ? random.of(EOLS) : eol)).repeat(times);
    }
    // Enough for a blob, in lines that can be told by a number or not.
    if (random.once(4))
      text += base64Lines(random.octets(20).repeat(1 + random.below(800)), random.of([76, 60, 4, 77]), eol);
    return text + (random.once(2) ? `--x--${eol}` : '');
  }
}
