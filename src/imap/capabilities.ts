/** What the server says it can do, before and after login. RFC 9051 section 6.1.1. */

/** When a capability is told. */
export interface CapabilityContext {
  readonly authenticated: boolean;
  /** STARTTLS can be used now. */
  readonly canStartTls: boolean;
  /** Names of SASL mechanisms; none where passwords are not taken. */
  readonly mechanisms: readonly string[];
  /** Compression is off. */
  readonly canCompress: boolean;
  /** Octets. */
  readonly maxMessageSize: number;
}

/** Extensions, in the order of the list. Clients decide by the first list they see, so most are told before login. */
const EXTENSIONS: readonly string[] = [
  'SASL-IR', // RFC 4959
  'LITERAL+', // RFC 7888
  'BINARY', // RFC 3516
  'ENABLE', // RFC 5161
  'ID', // RFC 2971
  'IDLE', // RFC 2177
  'NAMESPACE', // RFC 2342
  'UIDPLUS', // RFC 4315
  'UNSELECT', // RFC 3691
  'MOVE', // RFC 6851
  'CHILDREN', // RFC 3348
  'SPECIAL-USE', // RFC 6154
  'CREATE-SPECIAL-USE',
  'CONDSTORE', // RFC 7162
  'QRESYNC',
  'ESEARCH', // RFC 4731
  'SEARCHRES', // RFC 5182
  'PARTIAL', // RFC 9394
  'SORT', // RFC 5256
  'SORT=DISPLAY', // RFC 5957
  'ESORT',
  'THREAD=ORDEREDSUBJECT',
  'THREAD=REFERENCES',
  'MULTISEARCH', // RFC 7377
  'SEARCH=FUZZY', // RFC 6203
  'CONTEXT=SEARCH', // RFC 5267
  'I18NLEVEL=1', // RFC 5255
  'WITHIN', // RFC 5032
  'LIST-EXTENDED', // RFC 5258
  'LIST-STATUS', // RFC 5819
  'LIST-METADATA', // RFC 9590
  'STATUS=SIZE', // RFC 8438
  'METADATA', // RFC 5464
  'MULTIAPPEND', // RFC 3502
  'CATENATE', // RFC 4469
  'REPLACE', // RFC 8508
  'NOTIFY', // RFC 5465
  'OBJECTID', // RFC 8474
  'SAVEDATE', // RFC 8514
  'PREVIEW', // RFC 8970
  'UTF8=ACCEPT', // RFC 6855
  'QUOTA', // RFC 9208
  'QUOTA=RES-STORAGE',
  'QUOTA=RES-MESSAGE',
  'UIDONLY', // RFC 9586
  'INPROGRESS', // RFC 9585
  'UNAUTHENTICATE', // RFC 8437
  'XLIST',
  'X-GM-EXT-1',
];

const COMPRESSION: readonly string[] = [
  'COMPRESS=DEFLATE', // RFC 4978
];

/** The capabilities of a connection as it is now. */
export function capabilities(context: CapabilityContext): string[] {
  const list = ['IMAP4rev1', 'IMAP4rev2', ...EXTENSIONS];
  if (context.canCompress) list.push(...COMPRESSION);
  list.push(`APPENDLIMIT=${context.maxMessageSize}`);
  if (context.authenticated) return list;
  if (context.canStartTls) list.push('STARTTLS');
  // RFC 9051 section 7.2.2: LOGINDISABLED where LOGIN is refused; then no AUTH= is offered either.
  list.push(...context.mechanisms.map((name) => `AUTH=${name}`));
  if (context.mechanisms.length === 0) list.push('LOGINDISABLED');
  return list;
}
