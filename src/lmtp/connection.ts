/** One connection: smtp-server's, where RFC 2033 and a mail store ask for something else. */

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SMTPServer } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { MailTransaction, MailTransactionOptions } from '../model/mail-transaction.ts';
import { DataParser } from './data-parser.ts';
import { type DeliveryContext, deliver } from './delivery.ts';
import { parsePathArgument } from './path-argument.ts';
import { errorReply, type Reply } from './reply.ts';

/** Longest command line, in octets. RFC 5321 section 4.5.3.1.4 asks for 512 and what extensions add. */
const MAX_LINE = 4_096;

/** The text of 421 when the server closes. */
export const SHUTTING_DOWN = 'Server is shutting down';

/** What a connection needs of its server. */
export interface ConnectionContext extends DeliveryContext {
  readonly maxRecipients: number;
  readonly maxConnections: number;
  /** Deliveries that a client has not been told of yet. */
  readonly deliveries: Set<Promise<void>>;
}

/** A client of the LMTP server. */
export class LmtpConnection extends SMTPConnection {
  readonly #context: ConnectionContext;
  /** What MAIL has begun and a recipient has been accepted for. */
  #transaction: MailTransaction | null = null;
  #recipients = 0;
  /** Replies wait to be written together. */
  #gathering = false;

  constructor(
    context: ConnectionContext,
    server: SMTPServer,
    socket: Socket | TLSSocket,
    options: SMTPConnectionOptions | undefined,
  ) {
    super(server, socket, options);
    this.#context = context;
  }

  /** Whether nothing was begun that the client waits for. */
  get isIdle(): boolean {
    return !this._dataStream && !this._handlerPending;
  }

  get #info(): { readonly connection: string; readonly remoteAddress: string } {
    return { connection: this.id, remoteAddress: this.remoteAddress };
  }

  /** Greets at once: it is a mail transfer agent of one's own that comes here, not a sender of spam to be tripped up. */
  override init(): void {
    this._setListeners(() => {
      if (this._server.connections.size > this.#context.maxConnections) {
        this.send(421, `${this.name} Too many connections, try again later`, false);
      } else {
        this.connectionReady();
      }
    });
  }

  override _createParser(): DataParser {
    const parser = new DataParser({ maxCommandLength: MAX_LINE });
    parser.oncommand = (command, callback) => this._onCommand(command, callback);
    parser.on('error', (error) => this.send(421, `Error: ${error.message}`));
    return parser;
  }

  override _parseAddressCommand(
    name: string,
    command: Buffer | string,
  ): ReturnType<SMTPConnection['_parseAddressCommand']> {
    return parsePathArgument(name, command.toString()) ?? false;
  }

  override _resetSession(): void {
    super._resetSession();
    this.#transaction = null;
    this.#recipients = 0;
  }

  override _onClose(): void {
    const parser = this._parser;
    super._onClose();
    if (parser instanceof DataParser) parser.dataCannotEnd();
  }

  /** Replies to commands that came together leave together: a write for each costs more than all else they cause. */
  override send(code: number, data?: unknown, context?: string | false): void {
    const socket = this._socket;
    // What changes the connection's state (a greeting, STARTTLS, a goodbye) is not held back.
    if ((code === 250 || code === 354) && !this.#gathering) {
      this.#gathering = true;
      socket.cork();
      setImmediate(() => {
        this.#gathering = false;
        socket.uncork();
      });
    }
    super.send(code, data as never, context as never);
  }

  /** RFC 2033 section 4.2: a reply for each successful RCPT, of one address given twice too; so they are not merged. */
  override handler_RCPT(command: Buffer, callback: () => void): void {
    const path = this._parseAddressCommand('rcpt to', command);
    if (!this.session.envelope.mailFrom) this.send(503, 'MAIL comes first');
    else if (!path || path.address === '') this.send(501, 'No recipient address', 'MAILBOX_SYNTAX_ERROR');
    else if (this.#recipients >= this.#context.maxRecipients) {
      this.send(452, 'Too many recipients', 'TOO_MANY_RECIPIENTS');
    } else {
      void this.#accept(path.address).then((reply) => {
        this.#answer(reply);
        callback();
      });
      return;
    }
    callback();
  }

  override handler_DATA(command: Buffer, callback: () => void): void {
    const parser = this._parser;
    if (command.toString().trim().length > 'DATA'.length) this.send(501, 'DATA takes no argument');
    else if (this.#recipients === 0) this.send(503, 'No valid recipients');
    else if (parser instanceof DataParser) this.#receive(parser);
    callback();
  }

  #receive(parser: DataParser): void {
    const { deliveries, options, store } = this.#context;
    const stream = parser.startDataMode(store.maxMessageSize);
    this._dataStream = stream;
    // Else nobody hears the error of a stream that breaks before it is read.
    stream.on('error', () => {});
    const dataEnd = new Promise<void>((resolve) => parser.onceDataEnds(resolve));
    const delivery = this.#deliver(stream, parser, dataEnd)
      .catch((error: unknown) => {
        options.logger?.error({ ...this.#info, err: error }, 'delivery failed');
        this.send(421, 'Local trouble');
      })
      .finally(() => deliveries.delete(delivery));
    deliveries.add(delivery);
    this.send(354, 'End data with <CR><LF>.<CR><LF>');
  }

  async #accept(address: string): Promise<Reply> {
    const { store, options } = this.#context;
    try {
      this.#transaction ??= store.deliveries.begin(this.#envelope());
      await this.#transaction.accept(address);
      this.#recipients++;
      return { code: 250, status: 'RCPT_TO_OK', text: 'Recipient accepted' };
    } catch (error) {
      const reply = errorReply(error, 'defer');
      if (reply.code < 500) options.logger?.error({ ...this.#info, err: error }, 'recipient could not be looked up');
      return reply;
    }
  }

  #envelope(): MailTransactionOptions {
    const { envelope, xForward } = this.session;
    const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
    const [ident, address, helo] = ['IDENT', 'ADDR', 'HELO'].map((key) => String(xForward.get(key) || ''));
    return {
      from,
      // One that is too long names nothing.
      ...(ident && ident.length <= 256 && { transactionId: ident }),
      traceFields: this.#context.options.traceFields ?? true,
      origin: { protocol: 'lmtp', ...(address && { address }), ...(helo && { helo }) },
    };
  }

  async #deliver(stream: AsyncIterable<Uint8Array>, parser: DataParser, dataEnd: Promise<void>): Promise<void> {
    const replies = await deliver(this.#context, this.#transaction as MailTransaction, stream);
    // A message that was refused half-way is still to be read to its end, before anything can be answered.
    await dataEnd;
    if (this._parser !== parser) return;
    this._dataStream = false;
    for (const reply of replies) this.#answer(reply);
    this._transactionCounter++;
    this._unrecognizedCommands = 0;
    // What the mail transfer agent said of this message holds for no other.
    this._xForward.clear();
    this._resetSession();
    parser.continue();
    if (this._server._closeTimeout) this.send(421, SHUTTING_DOWN);
  }

  #answer({ code, text, status }: Reply): void {
    this.send(code, text, status);
  }
}
