/** Hands mail to a mail transfer agent by SMTP. RFC 5321, RFC 6531. */

import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { EiderError } from '../errors.ts';
import type { OutgoingMail, SendMail } from '../model/outgoing-mail.ts';
import { SendError } from './send-error.ts';
import { wireAddress } from './wire-address.ts';

/** Where to, and how. */
export interface SmtpRelayOptions {
  readonly host: string;
  /** @defaultValue 25; 465 where TLS comes first */
  readonly port?: number;
  /**
   * `offered`: STARTTLS where the server offers it; `required`: not without; `first`: TLS from the first octet; `off`:
   * never. A certificate that cannot be verified ends the connection, whichever it is.
   *
   * @defaultValue `required` with a password for a host that is not loopback, else `offered`
   */
  readonly tls?: 'offered' | 'required' | 'first' | 'off';
  /** For TLS: authorities of your own (`ca`), a certificate to show (`cert`, `key`), another name (`servername`). */
  readonly tlsOptions?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'minVersion'>;
  readonly auth?: { readonly user: string; readonly password: string };
  /** What we call ourselves in EHLO. @defaultValue the name of this machine */
  readonly name?: string;
  /** Until the connection is there, TLS included, in milliseconds. @defaultValue 30000 */
  readonly connectMs?: number;
  /** Until an answer, or until the server takes more, in milliseconds; RFC 5321 section 4.5.3.2. @defaultValue 300000 */
  readonly replyMs?: number;
  /** For a message in all, in milliseconds. @defaultValue 1800000 */
  readonly messageMs?: number;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;
/** Of a server's answers; more than one that can be read is not wanted. */
const MAX_REPLY_OCTETS = 64 * 1024;
const MAX_REPLY_SHOWN = 500;
/** They speak of us, not of the message: no TLS, no or a wrong password. RFC 4954 section 6. */
const OUR_FAULT = new Set([530, 534, 535, 538]);
const OF_THE_MESSAGE = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);

/** What nodemailer says of an error. */
interface RelayFailure extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

/**
 * Makes a function that hands over messages, each on a connection of its own. A refusal by 5xx of the envelope or of the
 * message is permanent, as is an address that needs SMTPUTF8 where the server has it not; all else is not.
 *
 * A message whose header alone needs SMTPUTF8 is sent without: servers let 8-bit headers pass, as they always have.
 *
 * @throws `INVALID_ARGUMENT` for a password that would go over a network in the clear.
 */
export function smtpRelay(options: SmtpRelayOptions): SendMail {
  const { host, auth } = options;
  const isLoopback = LOOPBACK.test(host);
  const tls = options.tls ?? (auth && !isLoopback ? 'required' : 'offered');
  if (auth && !isLoopback && (tls === 'off' || tls === 'offered')) {
    throw new EiderError('INVALID_ARGUMENT', 'a password goes to another host only where TLS is required');
  }
  return async (mail, signal) => {
    const limits = AbortSignal.any([signal, AbortSignal.timeout(options.messageMs ?? 1_800_000)]);
    // Loaded by who sends.
    const { default: Connection } = await import('nodemailer/lib/smtp-connection');
    const connection = new Connection(connectionOptions(options, tls));
    const failed = new Promise<never>((_, reject) => connection.on('error', reject));
    const stop = stopped(limits, signal);
    try {
      await Promise.race([exchange(connection, mail, auth), failed, stop.promise]);
      connection.quit();
    } catch (error) {
      connection.close();
      throw explained(error);
    } finally {
      stop.forget();
    }
  };
}

function connectionOptions(
  options: SmtpRelayOptions,
  tls: NonNullable<SmtpRelayOptions['tls']>,
): SMTPConnection.Options {
  const { host, name, connectMs = 30_000, replyMs = 300_000 } = options;
  return {
    host,
    port: options.port ?? (tls === 'first' ? 465 : 25),
    secure: tls === 'first',
    ignoreTLS: tls === 'off',
    requireTLS: tls === 'required',
    tls: { ...options.tlsOptions, rejectUnauthorized: true },
    ...(options.tlsOptions?.servername === undefined && !isIP(host) && { servername: host }),
    ...(name !== undefined && { name }),
    connectionTimeout: connectMs,
    dnsTimeout: connectMs,
    greetingTimeout: replyMs,
    socketTimeout: replyMs,
    maxResponseSize: MAX_REPLY_OCTETS,
  };
}

async function exchange(connection: SMTPConnection, mail: OutgoingMail, auth: SmtpRelayOptions['auth']): Promise<void> {
  await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
  // The answer to EHLO is the last one there was.
  const takesUtf8 = /^250[ -]SMTPUTF8\b/im.test(connection.lastServerResponse || '');
  const [from, to] = [wireAddress(mail.from), wireAddress(mail.to)];
  if ((from.smtpUtf8 || to.smtpUtf8) && !takesUtf8) {
    throw new SendError('the server does not take addresses of other scripts', { permanent: true });
  }
  if (auth) {
    const credentials = { user: auth.user, pass: auth.password };
    await new Promise<void>((resolve, reject) =>
      connection.login({ credentials }, (error) => (error ? reject(error) : resolve())),
    );
  }
  const envelope = {
    from: from.address,
    to: [to.address],
    size: mail.size,
    use8BitMime: true,
    // RFC 3834 section 3.3: nobody waits for news of it.
    ...(mail.kind === 'autoReply' && { dsn: { notify: 'NEVER' } }),
  };
  const message = Readable.from(mail.read(), { objectMode: false });
  try {
    await new Promise<void>((resolve, reject) =>
      connection.send(envelope, message, (error) => (error ? reject(error) : resolve())),
    );
  } finally {
    message.destroy();
  }
}

/** Rejects when the signal is aborted. */
function stopped(limits: AbortSignal, signal: AbortSignal): { readonly promise: Promise<never>; forget(): void } {
  let forget = (): void => {};
  const promise = new Promise<never>((_, reject) => {
    const stop = (): void =>
      reject(
        signal.aborted
          ? new EiderError('ABORTED', 'stopped')
          : new SendError('it takes too long', { permanent: false }),
      );
    if (limits.aborted) stop();
    else limits.addEventListener('abort', stop, { once: true });
    forget = () => limits.removeEventListener('abort', stop);
  });
  promise.catch(() => {});
  return { promise, forget: () => forget() };
}

function explained(error: unknown): Error {
  if (error instanceof SendError || error instanceof EiderError || !(error instanceof Error)) {
    return error instanceof Error ? error : new SendError(String(error), { permanent: false });
  }
  const { code, command = '', response, responseCode = 0 } = error as RelayFailure;
  const refused =
    OF_THE_MESSAGE.has(command) && responseCode >= 500 && responseCode <= 599 && !OUR_FAULT.has(responseCode);
  // Larger than the server takes, or an address that can be none.
  const unfit =
    code === 'EENVELOPE' && responseCode === 0
      ? command === 'API'
      : code === 'EMESSAGE' && command === 'MAIL FROM' && responseCode === 0;
  const reply = response === undefined ? null : oneLine(response);
  return new SendError(oneLine(error.message), { permanent: refused || unfit, reply, cause: error });
}

const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_REPLY_SHOWN);
