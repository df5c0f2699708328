/** Encrypts a message: every octet of it goes into the one part of a new message. RFC 3156, RFC 8551. */

import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EiderError, isEiderError } from '../errors.ts';
import { base64Lines } from './base64-lines.ts';
import { cmsEnvelopedData } from './cms-enveloped-data.ts';
import type { EncryptionState } from './encryption-state.ts';
import { HeadedSource } from './headed-source.ts';
import { openPgpPayload } from './openpgp-payload.ts';
import { outerHeader } from './outer-header.ts';
import { chooseRecipients, type Recipients } from './recipients.ts';

/** Octets after which others have a turn: a millisecond of work, or two. */
const SLICE = 128 * 1024;

/**
 * The encrypted form of a message; whoever has one of the account's keys gets exactly the octets of `source` out of it.
 * The stream needs some 300 KB, whatever the message's size. Which messages to encrypt is for the caller to decide:
 * that encryption is on is not asked here.
 *
 * @param now milliseconds since 1970: keys are used that can be used then
 * @throws `ENCRYPTION_FAILED`, whatever went wrong but for what `source` throws, also after part of it was given: what
 *   came until then is to be thrown away
 */
export async function* encryptMessage(
  state: EncryptionState,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  now: number,
): AsyncGenerator<Uint8Array> {
  const failures = new WeakSet<object>();
  try {
    if (state.damaged) throw failed('a record with a key of the account cannot be read');
    const recipients = await chooseRecipients(state.keys, now);
    if (!recipients) throw failed('no key of the account can be used');
    const headed = await HeadedSource.open(noteFailures(source, failures));
    try {
      yield outerHeader(headed.header, state.subject);
      yield* inSlices(entity(recipients, headed, now));
    } finally {
      await headed.close();
    }
  } catch (error) {
    if (typeof error === 'object' && error !== null && failures.has(error)) throw error;
    if (isEiderError(error, 'ENCRYPTION_FAILED')) throw error;
    throw failed('the message could not be encrypted', error);
  }
}

const failed = (message: string, cause?: unknown): EiderError =>
  new EiderError('ENCRYPTION_FAILED', message, { cause });

/** The fields that say what it is, the empty line, and the body. */
function entity(recipients: Recipients, source: AsyncIterable<Uint8Array>, now: number): AsyncGenerator<Uint8Array> {
  return recipients.type === 'openpgp'
    ? pgpMime(openPgpPayload(recipients.keys, source, now))
    : smime(cmsEnvelopedData(recipients.certificates, source));
}

/** RFC 3156 section 4. */
async function* pgpMime(armored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const boundary = `=_${randomBytes(15).toString('hex')}`;
  yield lines(
    'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";',
    `\tboundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: application/pgp-encrypted',
    '',
    'Version: 1',
    '',
    `--${boundary}`,
    'Content-Type: application/octet-stream; name="encrypted.asc"',
    'Content-Disposition: inline; filename="encrypted.asc"',
    '',
  );
  yield* armored;
  yield lines(`--${boundary}--`);
}

/** RFC 8551 section 3.3. */
async function* smime(cms: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield lines(
    'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="smime.p7m"',
    '',
  );
  yield* base64Lines(cms);
}

const lines = (...text: readonly string[]): Buffer => Buffer.from(`${text.join('\r\n')}\r\n`);

async function* noteFailures(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  failures: WeakSet<object>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    if (typeof error === 'object' && error !== null) failures.add(error);
    throw error;
  }
}

/** A source that is in memory never waits, and neither would anything that is made of it. */
async function* inSlices(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let octets = 0;
  for await (const chunk of source) {
    yield chunk;
    octets += chunk.length;
    if (octets < SLICE) continue;
    octets = 0;
    await nextTurn();
  }
}
