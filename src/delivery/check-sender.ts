/** Finds out whether a message comes from whom it says, by SPF, DKIM, ARC and DMARC. RFC 7208, RFC 6376, RFC 8617, RFC 7489. */

import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { EiderError } from '../errors.ts';
import { asBuffer } from '../mime/header-fields.ts';
import type { SpamVerdict } from '../model/spam.ts';
import { formatAuthenticationResults } from './authentication-results.ts';
import { boundedResolver, type ResolveDns } from './bounded-resolver.ts';

/** What each of the checks may come to. */
export type CheckResult = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'policy' | 'temperror' | 'permerror';

/** A message that is checked. */
export interface CheckedMail {
  /** The raw header with its empty line, or as much as is kept of it. */
  readonly header: Uint8Array;
  /** Octets of the whole message. */
  readonly size: number;
  /** Octets from there on, to the end. */
  read(start: number): AsyncIterable<Uint8Array>;
}

/** Where it came from. */
export interface CheckedOrigin {
  /** IP address of the client; without one SPF says nothing. */
  readonly address?: string;
  /** What the client called itself. */
  readonly helo?: string;
  /** Reverse path; `''` for none. */
  readonly mailFrom: string;
}

/** How it is checked. */
export interface CheckSenderOptions {
  /** The name under which the results are told. RFC 8601 section 2.5. */
  readonly authservId: string;
  /** Asks the DNS, as `dns.promises.resolve` does. @defaultValue that */
  readonly resolve?: ResolveDns;
  /** How long all questions may take, in milliseconds. What is not known then is a temporary error. @defaultValue 10,000 */
  readonly timeoutMs?: number;
}

/** What was found out. */
export interface SenderCheck {
  readonly spf: { readonly result: CheckResult; readonly domain: string | null };
  /** Of each signature, at most the topmost five. */
  readonly dkim: readonly { readonly result: CheckResult; readonly domain: string; readonly selector: string }[];
  readonly arc: CheckResult;
  readonly dmarc: {
    readonly result: CheckResult;
    /** The domain of From; `null` for none, or several. */
    readonly domain: string | null;
    /** What that domain asks for; `null` when it asks for nothing. */
    readonly policy: DmarcPolicy | null;
  };
  /** Authentication-Results, with CRLF at its end, to be put above the message. RFC 8601. */
  readonly field: string;
}

/** What a domain asks to be done with mail that fails. */
export type DmarcPolicy = 'none' | 'quarantine' | 'reject';

/** Most octets of a message that is checked: long lines cost memory and time. */
export const MAX_CHECKED: number = 64 * 1024 * 1024;
/** Most questions to the DNS. */
export const MAX_LOOKUPS = 50;
/** Most signatures that are looked at; RFC 6376 section 6.1 lets a verifier stop. */
export const MAX_SIGNATURES = 5;
const TIMEOUT_MS = 10_000;
/** Octets at once: a line that goes over many chunks is put together again with each. */
const CHUNK: number = 1024 * 1024;

/** A field with its continuation lines; lines begin after LF only. */
const SIGNATURE = /(?<![^\n])dkim-signature[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*\n?/gi;

type Mailauth = Pick<typeof import('mailauth'), 'dkimVerify' | 'spf' | 'arc' | 'dmarc'>;
type Dkim = Awaited<ReturnType<Mailauth['dkimVerify']>>;
type Findings = Omit<SenderCheck, 'field'>;

const UNKNOWN: Findings = {
  spf: { result: 'temperror', domain: null },
  dkim: [],
  arc: 'temperror',
  dmarc: { result: 'temperror', domain: null, policy: null },
};

/**
 * Checks a message. Needs the package `mailauth`. A message of more than 64 MB, or with a header of more than 256 KB, is
 * not checked: all of its results are temporary errors.
 *
 * @throws `UNSUPPORTED` without `mailauth`; what reading the message throws.
 */
export async function checkSender(
  mail: CheckedMail,
  origin: CheckedOrigin,
  options: CheckSenderOptions,
): Promise<SenderCheck> {
  const mailauth: Mailauth = await import('mailauth').catch((error: unknown) => {
    throw new EiderError('UNSUPPORTED', 'checking senders needs the package mailauth', { cause: error });
  });
  const { authservId, resolve = askDns, timeoutMs = TIMEOUT_MS } = options;
  const isCheckable = mail.size <= MAX_CHECKED && hasWholeHeader(mail);
  const resolver = boundedResolver(resolve, { timeoutMs, most: MAX_LOOKUPS });
  const findings = isCheckable ? await check(mailauth, mail, origin, authservId, resolver) : UNKNOWN;
  return { ...findings, field: formatAuthenticationResults(authservId, findings) };
}

/** A verdict together with what was found out here: DMARC that failed makes a message spam where the domain asks for it. */
export function withSenderCheck(verdict: SpamVerdict, { dmarc }: SenderCheck): SpamVerdict {
  // Of several domains in From nobody knows which one it is.
  const forged = dmarc.result === 'fail' || dmarc.result === 'permerror';
  const isRefused = dmarc.result === 'fail' && (dmarc.policy === 'reject' || dmarc.policy === 'quarantine');
  if (!isRefused || verdict.override) return { ...verdict, forged: forged || verdict.forged };
  const source = ['authentication-results', ...verdict.source.filter((name) => name !== 'authentication-results')];
  return { ...verdict, verdict: 'spam', ratio: Math.max(1, verdict.ratio ?? 1), source, forged: true };
}

async function check(
  mailauth: Mailauth,
  mail: CheckedMail,
  origin: CheckedOrigin,
  mta: string,
  resolver: ResolveDns,
): Promise<Findings> {
  const dkim = await verifySignatures(mailauth, mail, resolver);
  const spf = await checkSpf(mailauth, origin, mta, resolver);
  const chain = dkim?.arc as Parameters<Mailauth['arc']>[0] | undefined;
  // The package fails on a chain that is odd enough.
  const arc = chain && (await settled(mailauth.arc(chain, { resolver } as Parameters<Mailauth['arc']>[1])));
  return {
    spf,
    dkim: signaturesOf(dkim).map(({ status, signingDomain, selector }) => ({
      result: resultOf(status.result),
      domain: signingDomain.toLowerCase(),
      selector: selector ?? '',
    })),
    arc: chain ? resultOf(arc?.status.result ?? 'fail') : 'none',
    dmarc: await checkDmarc(mailauth, dkim, spf, resolver),
  };
}

/** Without the result that stands for no signature at all. */
function signaturesOf(dkim: Dkim | null): Dkim['results'] {
  return (dkim?.results ?? []).filter(({ signingDomain }: { signingDomain?: string }) => signingDomain !== undefined);
}

async function checkSpf(
  { spf }: Mailauth,
  { address = '', helo, mailFrom }: CheckedOrigin,
  mta: string,
  resolver: ResolveDns,
): Promise<SenderCheck['spf']> {
  if (isIP(address) === 0) return { result: 'none', domain: null };
  // RFC 7208 section 2.4: a reverse path that is empty stands for postmaster at the name of the client.
  const name = helo && isIP(helo) === 0 ? helo : `[${address}]`;
  const options = { ip: address, helo: name, mta, resolver, ...(mailFrom !== '' && { sender: mailFrom }) };
  const found = await settled(spf(options as Parameters<Mailauth['spf']>[0]));
  return { result: resultOf(found?.status.result), domain: found?.domain ?? null };
}

/** `null` when the package fails on the message. Rejects with what reading the message throws. */
async function verifySignatures(
  { dkimVerify }: Mailauth,
  mail: CheckedMail,
  resolver: ResolveDns,
): Promise<Dkim | null> {
  let broken: { readonly error: unknown } | null = null;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    try {
      yield withoutSurplusSignatures(mail.header);
      yield* inChunks(mail.read(mail.header.length));
    } catch (error) {
      broken = { error };
      throw error;
    }
  };
  const source = Readable.from(chunks(), { objectMode: false });
  try {
    return await dkimVerify(source, { resolver } as Parameters<Mailauth['dkimVerify']>[1]);
  } catch {
    if (broken !== null) throw (broken as { readonly error: unknown }).error;
    return null;
  } finally {
    source.destroy();
  }
}

async function checkDmarc(
  mailauth: Mailauth,
  dkim: Dkim | null,
  spf: SenderCheck['spf'],
  resolver: ResolveDns,
): Promise<SenderCheck['dmarc']> {
  if (dkim === null) return { result: 'temperror', domain: null, policy: null };
  const domains = new Set(dkim.headerFrom.map((address) => address.slice(address.lastIndexOf('@') + 1).toLowerCase()));
  const [domain = null, other] = domains;
  // RFC 7489 section 6.6.1: From of several domains, or of none, says nothing.
  if (domain === null || other !== undefined) {
    return { result: domain === null ? 'none' : 'permerror', domain: null, policy: null };
  }
  const passed = signaturesOf(dkim).filter(({ status }) => status.result === 'pass');
  const found = await settled(
    mailauth.dmarc({
      headerFrom: [dkim.headerFrom[0]],
      spfDomains: spf.result === 'pass' && spf.domain !== null ? [spf.domain] : [],
      dkimDomains: passed.map(({ id, signingDomain, status }) => ({
        id,
        domain: signingDomain,
        aligned: status.aligned,
        underSized: status.underSized,
      })),
      resolver,
    } as unknown as Parameters<Mailauth['dmarc']>[0]),
  );
  const policy = found ? policyOf(found.policy) : null;
  return { result: found ? resultOf(found.status.result) : 'temperror', domain, policy };
}

/** The octets up to the empty line have to be there: what follows must not count as header. */
function hasWholeHeader({ header, size }: CheckedMail): boolean {
  return header.length === size || /\n\r?\n$|^\r?\n$/.test(asBuffer(header.subarray(-4)).toString('latin1'));
}

/** Each signature may have the whole message hashed in a way of its own. */
function withoutSurplusSignatures(header: Uint8Array): Buffer {
  let count = 0;
  const text = asBuffer(header).toString('latin1');
  const kept = text.replace(SIGNATURE, (field) => (++count <= MAX_SIGNATURES ? field : ''));
  return count <= MAX_SIGNATURES ? asBuffer(header) : Buffer.from(kept, 'latin1');
}

async function* inChunks(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let length = 0;
  for await (const chunk of octets) {
    gathered.push(asBuffer(chunk));
    length += chunk.length;
    if (length < CHUNK) continue;
    yield Buffer.concat(gathered);
    gathered = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(gathered);
}

async function askDns(name: string, type: string): Promise<unknown[]> {
  return (await dns.resolve(name, type)) as unknown[];
}

/** `undefined` for what failed: one check must not take the others with it. */
async function settled<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch(() => undefined);
}

const RESULTS: readonly CheckResult[] = [
  'pass',
  'fail',
  'softfail',
  'neutral',
  'none',
  'policy',
  'temperror',
  'permerror',
];

function resultOf(result: string | undefined): CheckResult {
  return RESULTS.find((one) => one === result) ?? 'temperror';
}

function policyOf(policy: string | undefined): DmarcPolicy | null {
  const word = policy?.trim().toLowerCase();
  return word === 'reject' || word === 'quarantine' || word === 'none' ? word : null;
}
