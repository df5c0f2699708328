/** SPF, DKIM, ARC and DMARC of one message, by mailauth. RFC 7208, RFC 6376, RFC 8617, RFC 7489. */

import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { ResolveDns } from './bounded-resolver.ts';
import type { CheckedOrigin, CheckFindings, CheckResult, DmarcPolicy } from './sender-check.ts';

/** What is used of the package. */
export type Mailauth = Pick<typeof import('mailauth'), 'dkimVerify' | 'spf' | 'arc' | 'dmarc'>;

type Dkim = Awaited<ReturnType<Mailauth['dkimVerify']>>;

/** Checks a message, whose octets come in chunks of any size. Rejects with what they reject with, and with nothing else. */
export async function checkMessage(
  mailauth: Mailauth,
  octets: AsyncIterable<Uint8Array>,
  { origin, authservId }: { readonly origin: CheckedOrigin; readonly authservId: string },
  resolver: ResolveDns,
): Promise<CheckFindings> {
  const dkim = await verifySignatures(mailauth, octets, resolver);
  const spf = await checkSpf(mailauth, origin, authservId, resolver);
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
): Promise<CheckFindings['spf']> {
  if (isIP(address) === 0) return { result: 'none', domain: null };
  // RFC 7208 section 2.4: a reverse path that is empty stands for postmaster at the name of the client.
  const name = helo && isIP(helo) === 0 ? helo : `[${address}]`;
  const options = { ip: address, helo: name, mta, resolver, ...(mailFrom !== '' && { sender: mailFrom }) };
  const found = await settled(spf(options as Parameters<Mailauth['spf']>[0]));
  return { result: resultOf(found?.status.result), domain: found?.domain ?? null };
}

/** `null` when the package fails on the message. */
async function verifySignatures(
  { dkimVerify }: Mailauth,
  octets: AsyncIterable<Uint8Array>,
  resolver: ResolveDns,
): Promise<Dkim | null> {
  let broken: { readonly error: unknown } | null = null;
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* octets;
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
  spf: CheckFindings['spf'],
  resolver: ResolveDns,
): Promise<CheckFindings['dmarc']> {
  if (dkim === null) return { result: 'temperror', domain: null, policy: null };
  const domains = new Set(dkim.headerFrom.map((address) => address.slice(address.lastIndexOf('@') + 1).toLowerCase()));
  const [domain = null, other] = domains;
  // RFC 7489 section 6.6.1: From of several domains, or of none, says nothing.
  if (domain === null || other !== undefined) {
    return { result: domain === null ? 'none' : 'permerror', domain: null, policy: null };
  }
  // RFC 6376 section 8.2: anybody may have added to a text that is signed in part only.
  const passed = signaturesOf(dkim).filter(({ status }) => status.result === 'pass' && !status.underSized);
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
