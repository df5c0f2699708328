/** Cuts what a client sends into commands, with their literals. RFC 9051 sections 2.2.1 and 4.3, RFC 7888. */

import type { ConnectionInput } from '../../net/connection-input.ts';
import type { MessageLiteral, Scanner } from './scanner.ts';

/** How much of a command is read, in octets. */
export interface CommandLimits {
  /** One line, without its end. */
  readonly line: number;
  /** One literal that is an argument (not a message). */
  readonly literal: number;
  /** All lines and argument literals of one command together. */
  readonly command: number;
  /** A literal that was refused, but is being sent (`{n+}`), is read and thrown away up to this size; above, the error is fatal. */
  readonly discard: number;
}

/** A command, or of APPEND what lies before the first message. */
export interface Command {
  readonly tag: string;
  /** In capitals; without the `UID`. */
  readonly name: string;
  /** Was `UID name`. */
  readonly uid: boolean;
  /** Stands behind the name: at the space before the first argument, or at the end. */
  readonly scanner: Scanner;
  /** The message literal at which this part stops, or `null` when it is the whole command. */
  readonly literal: MessageLiteral | null;
}

/** What follows a message literal. */
export interface CommandPart {
  /** Stands directly behind the literal. */
  readonly scanner: Scanner;
  readonly literal: MessageLiteral | null;
}

/**
 * Reads commands one after the other.
 *
 * An APPEND stops at its message literal. The handler calls {@link CommandReader.openLiteral}, reads it, then
 * {@link CommandReader.nextPart} until a part has no literal. It may give up anywhere: what it has not read is thrown
 * away before the next command (and a literal that waits for its continuation is never sent by the client).
 */
export declare class CommandReader {
  /** @param continuation asks for a synchronizing literal: sends (and flushes) `+ OK` or the like */
  constructor(input: ConnectionInput, options: { readonly continuation: () => void; readonly limits?: CommandLimits });
  /** May be changed between commands: tight before login, wide after it. */
  limits: CommandLimits;
  /** Mailbox names are UTF-8 from the next command on. */
  utf8: boolean;
  /** The next command when all of it has arrived, else `null`. @throws CommandError */
  take(): Command | null;
  /** The next command, or `null` when the connection has ended. @throws CommandError */
  read(): Promise<Command | null>;
  /** The octets of the message literal at which the command stopped; sends the continuation when it waits for one. @throws EiderError `ABORTED` when the connection ends within. */
  openLiteral(): AsyncIterable<Buffer>;
  /** What follows the message literal; what was not read of it is thrown away. @throws CommandError, EiderError `ABORTED` */
  nextPart(): Promise<CommandPart>;
  /** Throws away what is left of the current command. Done by `take` and `read` too. @throws CommandError when there is too much of it. */
  skip(): Promise<void>;
  /** A line that is no command (AUTHENTICATE, IDLE), without its end; `null` when the connection has ended. @throws CommandError */
  readLine(): Promise<string | null>;
  /** Gives back a line so that it is read as the next command (or the next line). */
  unread(line: string): void;
}

/** Limits before login. */
export const LIMITS_BEFORE_LOGIN: CommandLimits = { line: 8192, literal: 8192, command: 16_384, discard: 65_536 };
/** Limits after login. */
export const LIMITS_AFTER_LOGIN: CommandLimits = { line: 65_536, literal: 65_536, command: 262_144, discard: 134_217_728 };
