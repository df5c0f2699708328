/** Untagged responses as trees, so that two servers that say the same in other words can be compared. */

/** An atom, number or string as its octets, `null` for NIL, a list. */
export type ResponseTree = string | null | readonly ResponseTree[];

/** A response as it came: its line, with `{n}` and behind it the literals. */
export interface RawResponse {
  readonly text: string;
  readonly literals: readonly string[];
}

/** Reads the values of a response, from `start` on. @throws when they are not of the grammar. */
export function readValues({ text, literals }: RawResponse, start = 0): ResponseTree[] {
  let at = start;
  let literal = 0;
  const fail = (): never => {
    throw new Error(`not of the grammar at ${at}: ${JSON.stringify(text.slice(0, 2000))}`);
  };

  function value(): ResponseTree {
    if (text[at] === '(') return list();
    if (text[at] === '"') return quoted();
    const announced = /~?\{\d+\}/y;
    announced.lastIndex = at;
    const announcement = announced.exec(text)?.[0];
    if (announcement !== undefined) {
      at += announcement.length;
      return literals[literal++] ?? fail();
    }
    // The name of a section has brackets, in which there may be spaces and lists.
    const atom = /(?:[^\s()"{[\]]|\[[^\]]*\])+/y;
    atom.lastIndex = at;
    const found = atom.exec(text)?.[0] ?? fail();
    at += found.length;
    return found.toUpperCase() === 'NIL' ? null : found;
  }

  function quoted(): string {
    const whole = /"((?:[^"\\]|\\.)*)"/y;
    whole.lastIndex = at;
    const match = whole.exec(text) ?? fail();
    at += match[0].length;
    return (match[1] as string).replace(/\\(.)/g, '$1');
  }

  function list(): ResponseTree[] {
    at++;
    const values: ResponseTree[] = [];
    while (text[at] !== ')') {
      if (at >= text.length) fail();
      // Between the parts of a multipart, and between threads, there is no space.
      if (text[at] === ' ') at++;
      else values.push(value());
    }
    at++;
    return values;
  }

  const values: ResponseTree[] = [];
  while (at < text.length) {
    if (text[at] === ' ') at++;
    else values.push(value());
  }
  return values;
}

/** The items of FETCH responses, by message number and name in capitals. */
export function readFetches(responses: readonly RawResponse[]): Map<number, Map<string, ResponseTree>> {
  const found = new Map<number, Map<string, ResponseTree>>();
  for (const response of responses) {
    const head = /^\* (\d+) FETCH /.exec(response.text);
    if (head === null) continue;
    const [items] = readValues(response, head[0].length);
    if (!Array.isArray(items) || items.length % 2 !== 0) throw new Error(`no pairs: ${response.text}`);
    const message = Number(head[1]);
    const of = found.get(message) ?? new Map<string, ResponseTree>();
    for (let i = 0; i < items.length; i += 2) of.set(String(items[i]).toUpperCase().replaceAll('"', ''), items[i + 1]);
    found.set(message, of);
  }
  return found;
}
