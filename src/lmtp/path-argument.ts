/** Reads the argument of MAIL and RCPT. RFC 5321 section 4.1.2, RFC 6531 section 3.3. */

/** The parameters after a path: keys in upper case, `true` for one without a value. */
export type PathParameters = Record<string, string | true>;

/** A path and what follows it. */
export interface PathArgument {
  /** What stands between the angle brackets, without a source route; `''` for `<>`. */
  readonly address: string;
  /** `false` for none. */
  readonly args: PathParameters | false;
  /** A parameter that is there more than once. */
  readonly duplicate?: string;
}

// Quotes may hold an angle bracket; a quoted pair may hold a quote.
const LINE = /^\s*(MAIL FROM|RCPT TO)\s*:\s*<((?:[^<>"\\]|\\.|"(?:[^"\\]|\\.)*")*)>(?:\s+(.*))?$/is;
// RFC 5321 section 4.1.2 A-d-l: the route is to be taken and ignored.
const SOURCE_ROUTE = /^@[^\s,:@"]+(?:,@[^\s,:@"]+)*:/;
const PARAMETER = /^([a-z0-9][a-z0-9-]*)(?:=(.*))?$/i;
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/**
 * Reads a line such as `RCPT TO:<ann@example.org> NOTIFY=NEVER`. The address is not looked at further: who it is for
 * is the directory's to say, and the sender has passed the mail transfer agent already.
 *
 * @param name `mail from` or `rcpt to`.
 * @returns `null` for what is no such line.
 */
export function parsePathArgument(name: string, line: string): PathArgument | null {
  const match = LINE.exec(line);
  if (!match || (match[1] as string).toLowerCase() !== name.toLowerCase()) return null;
  const address = (match[2] as string).trim().replace(SOURCE_ROUTE, '');
  if (CONTROL.test(address)) return null;
  let args: PathParameters | false = false;
  let duplicate: string | undefined;
  for (const word of (match[3] ?? '').split(/\s+/)) {
    if (word === '') continue;
    const [, key = '', value] = PARAMETER.exec(word) ?? [];
    if (key === '' || CONTROL.test(word)) return null;
    args ||= Object.create(null) as PathParameters;
    if (args[key.toUpperCase()] !== undefined) duplicate = key.toUpperCase();
    args[key.toUpperCase()] = value || true;
  }
  return { address, args, ...(duplicate !== undefined && { duplicate }) };
}
