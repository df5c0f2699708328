/** What a command is to the session that runs it. */

import type { Session } from './session.ts';
import type { Command } from './wire/command-reader.ts';

/** The tagged response of a command that did not throw. */
export interface Completion {
  /** @defaultValue `OK` */
  readonly status?: 'OK' | 'NO';
  /** Response code without brackets. */
  readonly code?: string | null;
  readonly text: string;
}

/** In which states a command is allowed. RFC 9051 section 3. */
export type CommandState = 'any' | 'notAuthenticated' | 'authenticated' | 'selected';

/**
 * A command: reads its arguments, checks them, calls the store, writes the untagged responses and returns the tagged
 * one. Throws a `Refusal`, `ImapSyntaxError` or `EiderError` to be answered by NO or BAD.
 */
export interface CommandHandler {
  /** In capitals. */
  readonly name: string;
  /** `authenticated` is allowed in `selected` too. */
  readonly state: CommandState;
  /** There is a `UID name` too. */
  readonly uid?: boolean;
  /** The form without UID takes and gives no message numbers. RFC 9586 section 3. */
  readonly numberless?: boolean;
  /** Message numbers must not change when it ends (in the form without UID). RFC 9051 section 7.5.1. */
  readonly keepsNumbers?: boolean;
  /** The answer can be large: refused when the account has downloaded as much as it may in a day. */
  readonly downloads?: boolean;
  /** Asks the store for news even if none were heard of. */
  readonly polls?: boolean;
  /** `null`: the tagged response was sent already. */
  run(session: Session, command: Command): Promise<Completion | null> | Completion | null;
}
