/** Cuts what a client sends into commands, with their literals. RFC 9051 sections 2.2.1 and 4.3, RFC 7888. */

import { EiderError, isEiderError } from '../../errors.ts';
import { MAX_ANNOTATION_OCTETS } from '../../model/annotation.ts';
import type { ConnectionInput } from '../../net/connection-input.ts';
import {
  type Announcement,
  type Command,
  type CommandHead,
  type CommandPart,
  isMessageLiteral,
  parseAnnouncement,
  parseHead,
  readableTag,
} from './command-head.ts';
import { type CommandLimits, LIMITS_BEFORE_LOGIN } from './command-limits.ts';
import { CommandSkipper } from './command-skipper.ts';
import { CommandError } from './imap-syntax-error.ts';
import { type MessageLiteral, Scanner } from './scanner.ts';

export type { Command, CommandPart } from './command-head.ts';
export { type CommandLimits, LIMITS_AFTER_LOGIN, LIMITS_BEFORE_LOGIN } from './command-limits.ts';

/** How a {@link CommandReader} works. */
export interface CommandReaderOptions {
  /** Asks for a synchronizing literal: sends (and flushes) `+ OK` or the like. */
  readonly continuation: () => void;
  /** @defaultValue {@link LIMITS_BEFORE_LOGIN} */
  readonly limits?: CommandLimits;
}

/** A literal costs so many octets of the command's limit beside its own, so that a flood of empty ones ends. */
const LITERAL_COST = 64;
/** In so much of a line too long its tag is looked for. */
const TAG_OCTETS = 512;

/**
 * Reads commands one after the other.
 *
 * An APPEND stops at its message literal. The handler calls {@link CommandReader.openLiteral}, reads it, then
 * {@link CommandReader.nextPart} until a part has no literal. It may give up anywhere: what it has not read is thrown
 * away before the next command (and a literal that waits for its continuation is never sent by the client).
 */
export class CommandReader {
  /** May be changed between commands: tight before login, wide after it. */
  limits: CommandLimits;
  /** Mailbox names are UTF-8 from the next command on. */
  utf8 = false;
  readonly #input: ConnectionInput;
  readonly #continuation: () => void;
  #unread: string | null = null;
  /** What was read of the present command (or part): lines, literals, and their sum. */
  #text = '';
  #literals: Buffer[] = [];
  #used = 0;
  #head: CommandHead | null = null;
  /** The literal that is being collected. */
  #collecting: Announcement | null = null;
  /** The message literal at which the last part stopped, and how much of it is left once it was opened. */
  #message: MessageLiteral | null = null;
  #messageLeft = 0;
  #opened = false;
  readonly #skipper: CommandSkipper;
  /** Thrown when what belongs to the refused command is thrown away. */
  #refusal: CommandError | null = null;

  constructor(input: ConnectionInput, options: CommandReaderOptions) {
    this.#input = input;
    this.#skipper = new CommandSkipper(input);
    this.#continuation = options.continuation;
    this.limits = options.limits ?? LIMITS_BEFORE_LOGIN;
  }

  /**
   * The next command when all of it has arrived, else `null`.
   *
   * @throws CommandError when it is over a limit or has no tag or name.
   */
  take(): Command | null {
    this.#abandon();
    if (!this.#advance(false)) return null;
    const head = this.#head as CommandHead;
    return { ...head, ...this.#finishPart(head.end) };
  }

  /**
   * The next command, or `null` when the connection has ended.
   *
   * @throws CommandError as {@link CommandReader.take}.
   */
  async read(): Promise<Command | null> {
    for (;;) {
      const command = this.take();
      if (command !== null) return command;
      if (this.#input.ended) return null;
      await this.#input.wait();
    }
  }

  /**
   * The octets of the message literal at which the command stopped; sends the continuation when it waits for one.
   *
   * @throws EiderError `ABORTED` (when iterated) when the connection ends within.
   */
  openLiteral(): AsyncIterable<Buffer> {
    const message = this.#message;
    if (message === null || this.#opened) throw new EiderError('INVALID_ARGUMENT', 'there is no literal to open');
    this.#opened = true;
    this.#messageLeft = message.size;
    if (message.synchronizing) this.#continuation();
    return this.#readMessage(message);
  }

  /**
   * What follows the message literal; what was not read of it is thrown away.
   *
   * @throws CommandError as {@link CommandReader.take}; EiderError `ABORTED` when the connection ends.
   */
  async nextPart(): Promise<CommandPart> {
    if (!this.#opened) throw new EiderError('INVALID_ARGUMENT', 'the literal was not opened');
    this.#skipper.startOctets(this.#messageLeft);
    this.#message = null;
    this.#opened = false;
    while (!this.#advance(true)) await this.#more();
    return this.#finishPart(0);
  }

  /**
   * A line that is no command (AUTHENTICATE, IDLE), without its end; `null` when the connection has ended.
   *
   * @throws CommandError, fatal, when it is longer than a line may be.
   */
  async readLine(): Promise<string | null> {
    const unread = this.#unread;
    this.#unread = null;
    if (unread !== null) return unread;
    try {
      return await this.#input.readLine(this.limits.line);
    } catch (error) {
      if (!isEiderError(error, 'LIMIT_EXCEEDED')) throw error;
      throw new CommandError('the line is too long', { tag: '*', fatal: true, code: 'TOOBIG' });
    }
  }

  /** Gives back a line so that it is read as the next command (or the next line). */
  unread(line: string): void {
    this.#unread = line;
  }

  async *#readMessage(message: MessageLiteral): AsyncGenerator<Buffer, void, void> {
    while (this.#message === message && this.#messageLeft > 0) {
      const chunk = this.#input.takeOctets(this.#messageLeft);
      if (chunk === null) {
        await this.#more();
        continue;
      }
      this.#messageLeft -= chunk.length;
      yield chunk;
    }
  }

  async #more(): Promise<void> {
    if (this.#input.ended) throw new EiderError('ABORTED', 'the connection ended in the middle of a command');
    await this.#input.wait();
  }

  /** Leaves the message literal at which the last part stopped, if it did. */
  #abandon(): void {
    const message = this.#message;
    if (message === null) return;
    this.#message = null;
    const tag = this.#head?.tag ?? '*';
    const opened = this.#opened;
    this.#opened = false;
    this.#reset();
    // A client that waits for a continuation goes on with another command after the tagged answer (RFC 9051 section 4.3).
    if (message.synchronizing && !opened) return;
    this.#skipper.start(
      opened ? this.#messageLeft : message.size,
      this.limits.discard + (opened ? this.#messageLeft : 0),
      tag,
    );
  }

  /** Reads on until the command (or part) is whole; `false` when more has to arrive. */
  #advance(inAppend: boolean): boolean {
    for (;;) {
      if (!this.#skipper.advance()) return false;
      const refusal = this.#refusal;
      this.#refusal = null;
      if (refusal !== null) throw refusal;
      if (this.#collecting !== null && !this.#collect(this.#collecting)) return false;
      const line = this.#takeLine();
      if (line === null) continue;
      if (line === undefined) return false;
      const announcement = parseAnnouncement(line);
      this.#text = this.#text === '' ? line : this.#text + line;
      this.#used += line.length;
      if (!this.#checkHead(inAppend, announcement)) continue;
      if (announcement === null) return true;
      if (announcement.size <= Number.MAX_SAFE_INTEGER && this.#announcesMessage(inAppend)) {
        this.#message = announcement;
        return true;
      }
      this.#announce(announcement);
    }
  }

  #announcesMessage(inAppend: boolean): boolean {
    // Of other commands the text is not looked at for each literal: it grows with each, and would be copied.
    const { name } = this.#head as CommandHead;
    return (name === 'APPEND' || name === 'REPLACE') && isMessageLiteral(this.#text, inAppend);
  }

  /** The next line; `undefined` when it has not arrived, `null` when it is too long and being thrown away. */
  #takeLine(): string | null | undefined {
    const unread = this.#unread;
    this.#unread = null;
    if (unread !== null) return unread;
    const limit = Math.min(this.limits.line, this.limits.command - this.#used);
    try {
      return this.#input.takeLine(limit) ?? undefined;
    } catch (error) {
      if (!isEiderError(error, 'LIMIT_EXCEEDED')) throw error;
      this.#dropLine(limit);
      return null;
    }
  }

  /** Throws away a line that has more than `limit` octets (no more are looked at), and the command that it is of. */
  #dropLine(limit: number): void {
    const start = this.#input.takeOctets(Math.min(limit, TAG_OCTETS))?.toString('latin1') ?? '';
    const tag = this.#head?.tag ?? readableTag(start);
    this.#reset();
    this.#skipper.start(0, this.limits.discard, tag);
    this.#refusal = new CommandError('the command is too long', { tag, code: 'TOOBIG' });
  }

  /** Reads the head off the first line; `false` when there is none and the command is refused. */
  #checkHead(inAppend: boolean, announcement: Announcement | null): boolean {
    if (inAppend || this.#head !== null) return true;
    const head = parseHead(this.#text);
    if (typeof head !== 'string') {
      this.#head = head;
      return true;
    }
    this.#refuse(new CommandError(head, { tag: readableTag(this.#text) }), announcement);
    return false;
  }

  #announce(announcement: Announcement): void {
    const { literal, command } = this.limits;
    this.#used += announcement.size + LITERAL_COST;
    if (announcement.size > literal || this.#used > command) {
      this.#refuse(this.#tooBig(announcement.size), announcement);
      return;
    }
    this.#collecting = announcement;
    if (announcement.synchronizing) this.#continuation();
  }

  #tooBig(size: number): CommandError {
    const { tag, name } = this.#head ?? { tag: '*', name: '' };
    // RFC 5464 section 4.3: for a value there is an answer of its own.
    if (name !== 'SETMETADATA' || size <= MAX_ANNOTATION_OCTETS) {
      return new CommandError('the literal is too big', { tag, code: 'TOOBIG' });
    }
    const code = `METADATA MAXSIZE ${MAX_ANNOTATION_OCTETS}`;
    return new CommandError('the value is too large', { tag, status: 'NO', code });
  }

  /** Drops the command with `error`, and the literal that is sent anyway. */
  #refuse(error: CommandError, announcement: Announcement | null): void {
    this.#reset();
    if (announcement === null || announcement.synchronizing) throw error;
    this.#skipper.start(announcement.size, this.limits.discard, error.tag);
    this.#refusal = error;
  }

  #collect(announcement: Announcement): boolean {
    if (this.#input.buffered < announcement.size) return false;
    // The buffer is handed out without copying; a small literal would keep a large one alive, but only for a command.
    this.#literals.push(
      announcement.size === 0 ? Buffer.alloc(0) : (this.#input.takeOctets(announcement.size) as Buffer),
    );
    this.#text += '\n';
    this.#collecting = null;
    return true;
  }

  #finishPart(start: number): CommandPart {
    const message = this.#message;
    const scanner = new Scanner(this.#text, { literals: this.#literals, utf8: this.utf8, start, message });
    const head = this.#head;
    this.#reset();
    // Kept for the tag of what may still go wrong with this command.
    if (message !== null) this.#head = head;
    return { scanner, literal: message };
  }

  #reset(): void {
    this.#text = '';
    this.#literals = [];
    this.#used = 0;
    this.#head = null;
    this.#collecting = null;
  }
}
