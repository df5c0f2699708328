/** How much of a command is read from a client, before login and after it. */

/** How much of a command is read, in octets. */
export interface CommandLimits {
  /** One line, without its end. */
  readonly line: number;
  /** One literal that is an argument (not a message). */
  readonly literal: number;
  /** All lines and argument literals of one command together. */
  readonly command: number;
  /**
   * What is refused but being sent (a literal `{n+}`, the rest of a line) is read and thrown away up to so much; above,
   * the error is fatal.
   */
  readonly discard: number;
}

/** Limits before login. */
export const LIMITS_BEFORE_LOGIN: CommandLimits = { line: 8192, literal: 8192, command: 16_384, discard: 65_536 };
/** Limits after login. */
export const LIMITS_AFTER_LOGIN: CommandLimits = {
  line: 65_536,
  literal: 65_536,
  command: 262_144,
  discard: 134_217_728,
};
