/** How much of a command is read from a client, before login and after it. */

/** How much of a command is read, in octets. */
export interface CommandLimits {
  /** One line, without its end. BAD [TOOBIG] above; BYE [TOOBIG] when the line is no command. */
  readonly line: number;
  /** One literal that is an argument (not a message). BAD [TOOBIG] above. */
  readonly literal: number;
  /** All lines and argument literals of one command together, each literal counting 64 more. BAD [TOOBIG] above. */
  readonly command: number;
  /**
   * What is refused but being sent (a literal `{n+}`, the rest of a line) is read and thrown away up to so much; above,
   * BYE [TOOBIG].
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
