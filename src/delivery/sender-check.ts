/** Whether a message comes from whom it says: what is asked, and what may come of it. */

import type { SpamVerdict } from '../model/spam.ts';

/** What each of the checks may come to. */
export type CheckResult = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'policy' | 'temperror' | 'permerror';

/** What a domain asks to be done with mail that fails. RFC 7489 section 6.3. */
export type DmarcPolicy = 'none' | 'quarantine' | 'reject';

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

/** What was found out. */
export interface CheckFindings {
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
}

/** The same, as it is told. */
export interface SenderCheck extends CheckFindings {
  /** Authentication-Results, with CRLF at its end, to be put above the message. RFC 8601. */
  readonly field: string;
}

/** What is known where nothing could be found out for now. */
export const UNKNOWN_SENDER: CheckFindings = {
  spf: { result: 'temperror', domain: null },
  dkim: [],
  arc: 'temperror',
  dmarc: { result: 'temperror', domain: null, policy: null },
};

/** A verdict together with what was found out here: DMARC that failed makes a message spam where the domain asks for it. */
export function withSenderCheck(verdict: SpamVerdict, { dmarc }: Pick<CheckFindings, 'dmarc'>): SpamVerdict {
  // Of several domains in From nobody knows which one it is.
  const forged = dmarc.result === 'fail' || dmarc.result === 'permerror';
  const isRefused = dmarc.result === 'fail' && (dmarc.policy === 'reject' || dmarc.policy === 'quarantine');
  if (!isRefused || verdict.override) return { ...verdict, forged: forged || verdict.forged };
  const source = ['authentication-results', ...verdict.source.filter((name) => name !== 'authentication-results')];
  return { ...verdict, verdict: 'spam', ratio: Math.max(1, verdict.ratio ?? 1), source, forged: true };
}
