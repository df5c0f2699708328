/** The text of an HTML page, for search and preview: a scanner that goes over it once. */

/** Elements whose content is no text. */
const SILENT = new Set(['script', 'style', 'title', 'template', 'svg', 'math']);
/** Elements that are part of a word: their tags put no space into it. */
const INLINE = new Set([
  'a',
  'abbr',
  'b',
  'big',
  'code',
  'em',
  'font',
  'i',
  'ins',
  'mark',
  's',
  'small',
  'span',
  'strong',
  'sub',
  'sup',
  'tt',
  'u',
  'wbr',
]);

const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amp: '&',
    apos: "'",
    gt: '>',
    lt: '<',
    nbsp: ' ',
    quot: '"',
    shy: '',
    zwnj: '',
    zwj: '',
    copy: '©',
    reg: '®',
    trade: '™',
    euro: '€',
    pound: '£',
    hellip: '…',
    ndash: '–',
    mdash: '—',
    lsquo: '‘',
    rsquo: '’',
    ldquo: '“',
    rdquo: '”',
    laquo: '«',
    raquo: '»',
    bull: '•',
    middot: '·',
    szlig: 'ß',
    aelig: 'æ',
    AElig: 'Æ',
    oslash: 'ø',
    Oslash: 'Ø',
    aring: 'å',
    Aring: 'Å',
    eth: 'ð',
    ETH: 'Ð',
    thorn: 'þ',
    THORN: 'Þ',
    oelig: 'œ',
    OElig: 'Œ',
    iexcl: '¡',
    iquest: '¿',
  }),
);

/** Combining marks of names such as `eacute`. */
const ACCENTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    grave: '\u0300',
    acute: '\u0301',
    circ: '\u0302',
    tilde: '\u0303',
    uml: '\u0308',
    cedil: '\u0327',
    caron: '\u030c',
  }),
);

const SLASH = 0x2f;
const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));?/g;
const ACCENTED = /^([a-zA-Z])(grave|acute|circ|tilde|uml|cedil|caron)$/;

/** Text of `html`, with a space where a tag or a comment parts words. Linear in its length. */
export function htmlToText(html: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (let open = html.indexOf('<'); open >= 0; open = html.indexOf('<', from)) {
    const name = tagName(html, open + 1);
    if (name === '' && !isMarkup(html.charCodeAt(open + 1))) {
      // `a < b`
      pieces.push(html.slice(from, open + 1));
      from = open + 1;
      continue;
    }
    if (open > from) pieces.push(html.slice(from, open));
    if (!INLINE.has(name)) pieces.push(' ');
    from = tagEnd(html, open);
    if (SILENT.has(name) && html.charCodeAt(open + 1) !== SLASH) from = silentEnd(html, from, name);
  }
  pieces.push(html.slice(from));
  return decodeEntities(pieces.join(''));
}

/** The name in a tag, opening or closing, in lower case; `''` when there is none. */
function tagName(html: string, start: number): string {
  const from = html.charCodeAt(start) === SLASH ? start + 1 : start;
  let end = from;
  while (end < from + 12 && isLetterOrDigit(html.charCodeAt(end))) end++;
  return html.slice(from, end).toLowerCase();
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39);
}

/** Of `<!`, `<?` and `</`. */
const isMarkup = (code: number): boolean => code === 0x21 || code === 0x3f || code === SLASH;

/** Where a tag, comment or declaration ends; one that never ends takes all that follows. */
function tagEnd(html: string, open: number): number {
  const isComment = html.startsWith('<!--', open);
  const end = isComment ? html.indexOf('-->', open + 4) : html.indexOf('>', open + 1);
  return end < 0 ? html.length : end + (isComment ? 3 : 1);
}

/** Where the content of an element that holds no text ends. */
function silentEnd(html: string, from: number, name: string): number {
  for (let close = html.indexOf('</', from); close >= 0; close = html.indexOf('</', close + 2)) {
    if (html.slice(close + 2, close + 2 + name.length).toLowerCase() === name) return close;
  }
  return html.length;
}

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(ENTITY, (all: string, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES.get(name) ?? accented(name) ?? all;
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : ' ';
  });
}

function accented(name: string): string | undefined {
  const match = ACCENTED.exec(name);
  return match === null ? undefined : `${match[1]}${ACCENTS.get(match[2] as string)}`.normalize('NFC');
}
