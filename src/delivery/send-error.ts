/** Why a message was not taken over by the next mail transfer agent. */

/** What a `SendMail` rejects with: whether there is sense in another try, and what the other side has said. */
export class SendError extends Error {
  override readonly name = 'SendError';
  /** Another try would come to the same. */
  readonly permanent: boolean;
  /** The answer of the other side, such as `550 5.1.1 no such user`, on one line; `null` for none. */
  readonly reply: string | null;

  constructor(
    message: string,
    {
      permanent,
      reply = null,
      cause,
    }: { readonly permanent: boolean; readonly reply?: string | null; readonly cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.permanent = permanent;
    this.reply = reply;
  }
}

/** Whether an error of any `SendMail` says that another try makes no sense. */
export function isPermanent(error: unknown): boolean {
  return error instanceof Error && 'permanent' in error && error.permanent === true;
}
