/** What the grammar says to a client that does not keep to it. */

/** How a command is refused. */
export type RefusalStatus = 'BAD' | 'NO';

/**
 * Thrown by {@link Scanner} and by every parser of this folder, and nothing else is. Answer it as
 * `tag status [code] message`.
 */
export class ImapSyntaxError extends Error {
  override readonly name = 'ImapSyntaxError';
  /** `BAD` unless the grammar was kept and only the content is refused (a charset, a mailbox name). */
  readonly status: RefusalStatus;
  /** Response code without brackets, such as `BADCHARSET (UTF-8)`, or `null`. */
  readonly code: string | null;

  constructor(message: string, options?: { readonly status?: RefusalStatus; readonly code?: string }) {
    super(message);
    this.status = options?.status ?? 'BAD';
    this.code = options?.code ?? null;
  }
}

/** What keeps to the grammar and is more than this server takes. RFC 5530 section 3, LIMIT. */
export function overLimit(what: string): ImapSyntaxError {
  return new ImapSyntaxError(what, { status: 'NO', code: 'LIMIT' });
}

/**
 * Thrown by {@link CommandReader} for a command that cannot be read as a whole. Answer it as
 * `tag status [code] message`; when `fatal`, as `* BYE message`, and close: where the next command begins is unknown.
 */
export class CommandError extends ImapSyntaxError {
  /** The command's tag, or `*` when it has none that can be read. */
  readonly tag: string;
  readonly fatal: boolean;

  constructor(
    message: string,
    options: {
      readonly tag: string;
      readonly fatal?: boolean;
      readonly status?: RefusalStatus;
      readonly code?: string;
    },
  ) {
    super(message, options);
    this.tag = options.tag;
    this.fatal = options.fatal ?? false;
  }
}
