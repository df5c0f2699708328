/** The text of an HTML page, for search and preview: a scanner that goes over it once. */

/** Elements whose content is no text. */
const SILENT = new Set(['script', 'style', 'title', 'template', 'svg', 'math']);
/** Elements that are part of a word: their tags put no space into it. */
const INLINE = new Set(['a', 'abbr', 'b', 'big', 'code', 'em', 'font', 'i', 'ins', 'mark', 's', 'small', 'span', 'strong', 'sub', 'sup', 'tt', 'u', 'wbr']);

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

const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));?/g;
const ACCENTED = /^([a-zA-Z])(grave|acute|circ|tilde|uml|cedil|caron)$/;
const TAG_NAME = /\/?([a-zA-Z][a-zA-Z0-9]*)/y;

/** Text of `html`, with a space where a tag or a comment parts words. Linear in its length. */
export function htmlToText(html: string): string {
  let text = '';
  let from = 0;
  for (let open = html.indexOf('<'); open >= 0; open = html.indexOf('<', from)) {
    TAG_NAME.lastIndex = open + 1;
    const name = TAG_NAME.exec(html)?.[1]?.toLowerCase();
    if (name === undefined && !isMarkup(html.charCodeAt(open + 1))) {
      // `a < b`
      text += html.slice(from, open + 1);
      from = open + 1;
      continue;
    }
    text += html.slice(from, open);
    if (name === undefined || !INLINE.has(name)) text += ' ';
    from = tagEnd(html, open);
    if (name !== undefined && SILENT.has(name) && html.charCodeAt(open + 1) !== 0x2f) from = silentEnd(html, from, name);
  }
  return decodeEntities(text + html.slice(from));
}

/** Of `<!`, `<?` and `</`. */
const isMarkup = (code: number): boolean => code === 0x21 || code === 0x3f || code === 0x2f;

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
