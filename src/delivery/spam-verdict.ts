/** What the header says of whether a message is spam, as far as the header can be believed. */

import { asBuffer, type HeaderField, parseHeaderFields, unfold } from '../mime/header-fields.ts';
import type { SpamVerdict } from '../model/spam.ts';
import { readAuthenticationResults } from './authentication-results.ts';

/**
 * Which fields are believed. Anybody can write `X-Spam-Status: No` into a message, so by default a field counts only
 * above the first Received: a mail transfer agent puts its Received above all that came, so what stands above it was
 * added here, and a message without any Received has nothing that counts.
 */
export interface SpamTrust {
  /**
   * Hosts of ours, as Received names them after `by`. Of the fields of Received, from the first one on, those by such
   * hosts are ours, and what stands above the last of them counts too: for a filter that hands the message on to
   * another agent before it comes here. @defaultValue none
   */
  readonly receivedBy?: readonly string[];
  /**
   * Fields that count wherever they stand, the topmost of each name: for agents that add theirs at the end of the
   * header, and remove those that others wrote. @defaultValue none
   */
  readonly anywhere?: readonly string[];
  /**
   * Names by which servers of ours call themselves in Authentication-Results (RFC 8601 section 2.5). DMARC that failed
   * there makes a message spam where the domain asks for `reject` or `quarantine`. @defaultValue none
   */
  readonly authservIds?: readonly string[];
  /**
   * A field by which the mail transfer agent overrides the account's lists and level: `ham`, `spam`, `softlist` or
   * `blacklist`. Name one that the agent removes from what comes. @defaultValue none
   */
  readonly overrideField?: string;
}

/** What is known of a message of which nobody says anything. */
export const NO_VERDICT: SpamVerdict = {
  verdict: 'unknown',
  score: null,
  required: null,
  ratio: null,
  source: [],
  override: false,
  forged: false,
};

/** From which score on SpamAssassin calls a message spam, unless it was told otherwise. */
const SPAMASSASSIN_REQUIRED = 5;
/** From which score on Rspamd marks a message, unless it was told otherwise. */
const RSPAMD_REQUIRED = 6;
const MAX_SCORE = 1_000_000;
/** Just below what is spam. */
const NEARLY = 0.99;

/** What one field says. */
interface Statement {
  readonly verdict?: 'ham' | 'spam';
  readonly score?: number;
  readonly required?: number;
}

type Reader = (value: string) => Statement | null;

/** Those that say more come first: of what several say, the first one counts. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['x-spam-status', readStatus],
  ['x-spam-flag', readFlag],
  ['x-rspamd-action', readAction],
  ['x-spamd-result', readResult],
  ['x-rspamd-spam', readFlag],
  ['x-spam', readFlag],
  ['x-spam-score', (value) => readScore(value, SPAMASSASSIN_REQUIRED)],
  ['x-rspamd-score', (value) => readScore(value, RSPAMD_REQUIRED)],
  ['x-spam-level', readLevel],
]);

/** What is read begins so. */
const SPEAKING = /x-spam|x-rspamd|authentication-results/i;

/** Reads the verdict of a raw header. Of each field, the topmost that is believed counts. */
export function readSpamVerdict(header: Uint8Array, trust: SpamTrust = {}): SpamVerdict {
  const text = asBuffer(header).toString('latin1');
  // Most messages say nothing: they are not parsed for it.
  if (trust.overrideField === undefined && !SPEAKING.test(text)) return NO_VERDICT;
  const fields = believed(parseHeaderFields(text), trust);
  const authentication = readAuthenticationResults(
    fields.filter(({ name }) => name === 'authentication-results').map(({ value }) => unfold(value)),
    trust.authservIds ?? [],
  );
  const forged = authentication?.dmarc === 'fail';
  const override = readOverride(fields, trust.overrideField?.toLowerCase());
  const [read, source] = readStatements(fields);
  const known = { ...read, forged };
  if (override !== null) {
    return verdictOf({ ...known, verdict: override }, [trust.overrideField?.toLowerCase() as string, ...source], true);
  }
  const refused = forged && (authentication.policy === 'reject' || authentication.policy === 'quarantine');
  if (refused) return verdictOf({ ...known, verdict: 'spam' }, ['authentication-results', ...source], false);
  return verdictOf(known, source, false);
}

/** The topmost field of each name among those that count; all of Authentication-Results. */
function believed(fields: readonly HeaderField[], { receivedBy = [], anywhere = [] }: SpamTrust): HeaderField[] {
  const ours = new Set(receivedBy.map((host) => host.toLowerCase()));
  const always = new Set(anywhere.map((name) => name.toLowerCase()));
  const received = fields.flatMap((field, index) => (field.name === 'received' ? [{ field, index }] : []));
  const foreign = received.findIndex(({ field }) => !ours.has(hostOf(field.value)));
  // The last of ours, or the first of all.
  const last = received[foreign < 0 ? received.length - 1 : Math.max(0, foreign - 1)];
  const end = last?.index ?? 0;
  const seen = new Set<string>();
  return fields.filter(({ name }, index) => {
    if (index >= end && !always.has(name)) return false;
    if (name === 'authentication-results') return true;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** RFC 5321 section 4.4: who wrote a Received stands after `by`. */
function hostOf(value: string): string {
  return /(?:^|\s)by\s+([^\s;()]+)/i.exec(value.slice(0, 2_048))?.[1]?.toLowerCase() ?? '';
}

function readOverride(fields: readonly HeaderField[], name: string | undefined): 'ham' | 'spam' | null {
  const value = fields
    .find((field) => field.name === name)
    ?.value.trim()
    .toLowerCase();
  if (value === 'ham') return 'ham';
  return value === 'spam' || value === 'softlist' || value === 'blacklist' ? 'spam' : null;
}

function readStatements(fields: readonly HeaderField[]): [Statement, string[]] {
  const byName = new Map(fields.map(({ name, value }) => [name, value]));
  const source: string[] = [];
  let all: Statement = {};
  for (const [name, reader] of READERS) {
    const value = byName.get(name);
    const said = value === undefined ? null : reader(unfold(value).slice(0, 1_024));
    if (said === null) continue;
    // A threshold belongs to the score that it stands with.
    const { required: _, ...rest } = all.score === undefined ? { required: 0 } : said;
    const kept = all.score === undefined ? said : rest;
    const adds = (Object.keys(kept) as (keyof Statement)[]).some((key) => all[key] === undefined);
    if (adds) source.push(name);
    all = { ...kept, ...all };
  }
  return [all, source];
}

function verdictOf(
  { verdict, score, required, forged }: Statement & { readonly forged: boolean },
  source: readonly string[],
  override: boolean,
): SpamVerdict {
  const rated = score === undefined || required === undefined ? null : Math.max(0, score / required);
  const said = verdict ?? (rated === null ? 'unknown' : rated >= 1 ? 'spam' : 'ham');
  return {
    verdict: said,
    score: score ?? null,
    required: score === undefined ? null : (required ?? null),
    ratio: ratioOf(said, rated),
    source,
    override,
    forged,
  };
}

/** A verdict says more than a score whose threshold was supposed. */
function ratioOf(verdict: SpamVerdict['verdict'], rated: number | null): number | null {
  if (verdict === 'spam') return Math.max(1, rated ?? 1);
  if (verdict === 'ham') return Math.min(NEARLY, rated ?? 0);
  return rated;
}

/** `Yes, score=7.3 required=5.0 tests=...`; older versions say `hits`. */
function readStatus(value: string): Statement | null {
  const word = /^(yes|no)\b/i.exec(value)?.[1]?.toLowerCase();
  if (word === undefined) return null;
  const score = numberOf(/\b(?:score|hits)=([-+.\d]+)/i.exec(value)?.[1]);
  const required = numberOf(/\brequired=([-+.\d]+)/i.exec(value)?.[1]);
  return {
    verdict: word === 'yes' ? 'spam' : 'ham',
    ...(score !== null && { score, required: positive(required) ?? SPAMASSASSIN_REQUIRED }),
  };
}

function readFlag(value: string): Statement | null {
  const word = /^(yes|true|no|false)\b/i.exec(value)?.[1]?.toLowerCase();
  if (word === undefined) return null;
  return { verdict: word === 'yes' || word === 'true' ? 'spam' : 'ham' };
}

/** What Rspamd wants to be done. Greylisting is over when a message has come. */
function readAction(value: string): Statement | null {
  const action = value.toLowerCase();
  if (action === 'no action' || action === 'greylist') return { verdict: 'ham' };
  const isSpam = ['add header', 'rewrite subject', 'quarantine', 'soft reject', 'reject', 'discard'].includes(action);
  return isSpam ? { verdict: 'spam' } : null;
}

/** `default: False [4.51 / 15.00]; ...`: the second number is where Rspamd refuses, not where it marks. */
function readResult(value: string): Statement | null {
  const found = /^[^:]{1,64}: (true|false) \[([-+.\d]+) \/ [-+.\d]+\]/i.exec(value);
  const score = numberOf(found?.[2]);
  if (!found || score === null) return null;
  const isSpam = found[1]?.toLowerCase() === 'true';
  return { ...(isSpam && { verdict: 'spam' as const }), score, required: RSPAMD_REQUIRED };
}

/** `7.3`, `7.3 (+++++++)`, `7.3 / 5.0`. */
function readScore(value: string, supposed: number): Statement | null {
  const found = /^([-+.\d]+)(?![^\s/(])(?:\s*\/\s*([-+.\d]+))?/.exec(value);
  const score = numberOf(found?.[1]);
  if (score === null) return null;
  return { score, required: positive(numberOf(found?.[2])) ?? supposed };
}

/** A sign for each point. */
function readLevel(value: string): Statement | null {
  const signs = /^(\*+|\++)$/.exec(value)?.[1];
  return signs === undefined ? null : { score: signs.length, required: SPAMASSASSIN_REQUIRED };
}

function numberOf(text: string | undefined): number | null {
  if (text === undefined || !/^[-+]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})$/.test(text)) return null;
  const number = Number(text);
  return Math.abs(number) <= MAX_SCORE ? number : null;
}

function positive(number: number | null): number | null {
  return number !== null && number > 0 ? number : null;
}
