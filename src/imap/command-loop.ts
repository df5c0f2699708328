/** Reads a session's commands and runs them one after the other. */

import type { ImapCommandMessage } from '../tracing/messages.ts';
import { traced, tracedError } from '../tracing/traced.ts';
import { announceChanges } from './announce-changes.ts';
import type { CommandHandler } from './command.ts';
import { findCommand } from './command-table.ts';
import { Refusal, refusalOf } from './refusal.ts';
import type { Session } from './session.ts';
import type { Command } from './wire/command-reader.ts';
import { CommandError } from './wire/imap-syntax-error.ts';
import { statusLine } from './wire/write-response.ts';

/** Serves one session. */
export class CommandLoop {
  readonly #session: Session;
  /** In a row. */
  #badCommands = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Serves the client until it goes. */
  async run(): Promise<void> {
    this.#session.greet();
    try {
      while (!this.#session.closing && (await this.#turn()));
    } finally {
      this.#session.end();
    }
  }

  /** Reads and runs one command; `false` at the end of the connection. */
  async #turn(): Promise<boolean> {
    const session = this.#session;
    const { out, reader } = session;
    let command: Command | null;
    try {
      command = reader.take();
      if (!command) {
        out.flush();
        command = await reader.read();
      }
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#answerUnreadable(error);
      return true;
    }
    if (!command || session.closing) return false;
    await session.begin();
    await this.#run(command);
    session.finish();
    if (out.full) await out.drain();
    return true;
  }

  async #run(command: Command): Promise<void> {
    const { account, info } = this.#session;
    const handler = findCommand(command);
    const message: ImapCommandMessage = {
      command: handler ? `${command.uid ? 'UID ' : ''}${handler.name}` : 'unknown',
      connection: info.id,
      remoteAddress: info.remoteAddress,
      account: account?.id ?? null,
      status: null,
      code: null,
    };
    await traced('eider:imap.command', message, (told) => this.#runTold(handler, command, told));
  }

  async #runTold(handler: CommandHandler | undefined, command: Command, told: ImapCommandMessage): Promise<void> {
    const session = this.#session;
    const line = await this.#answer(handler, command, told);
    if (session.hearsNews && !session.closing) {
      const expunge = handler?.keepsNumbers !== true || command.uid;
      await announceChanges(session, { expunge, poll: handler?.polls === true }).catch((error: unknown) => {
        session.context.logger?.error({ ...session.info, err: error }, 'changes could not be read');
      });
    }
    session.out.write(line);
  }

  /** Runs a command; gives its tagged response, `''` when that was sent. */
  async #answer(handler: CommandHandler | undefined, command: Command, told: ImapCommandMessage): Promise<string> {
    try {
      const admitted = this.#admit(handler, command);
      const over = admitted.downloads === true ? await this.#session.trafficRefusal('download') : null;
      if (over) throw over;
      const completion = await admitted.run(this.#session, command);
      this.#badCommands = 0;
      told.status = completion?.status ?? 'OK';
      if (completion === null) return '';
      return statusLine(command.tag, completion.status ?? 'OK', completion.text, completion.code ?? null);
    } catch (error) {
      return this.#refuse(command, error, told);
    }
  }

  #admit(handler: CommandHandler | undefined, { name, uid }: Command): CommandHandler {
    const { account, view } = this.#session;
    if (!handler) throw new Refusal('BAD', `Unknown command: ${uid ? 'UID ' : ''}${name.slice(0, 40)}`);
    const { state } = handler;
    if (state === 'any') return handler;
    if (state === 'notAuthenticated') {
      if (account) throw new Refusal('BAD', 'Already logged in');
    } else if (!account) throw new Refusal('BAD', 'Log in first');
    else if (this.#session.uidOnly && handler.uid && !uid && !handler.numberless) {
      throw new Refusal('BAD', 'Message numbers were given up by ENABLE UIDONLY', 'UIDREQUIRED');
    } else if (state === 'selected' && !view) throw new Refusal('BAD', 'No mailbox is selected');
    return handler;
  }

  #refuse({ tag, name }: Command, error: unknown, told: ImapCommandMessage): string {
    const { context, info } = this.#session;
    if (error instanceof CommandError) {
      if (!error.fatal) told.status = error.status;
      this.#answerUnreadable(error);
      return '';
    }
    const refusal = refusalOf(error);
    told.status = refusal.status;
    // What follows the word, such as a limit, is the client's.
    told.code = refusal.code?.split(' ', 1)[0] ?? null;
    if (refusal.code === 'SERVERBUG') told.error = tracedError(error);
    if (refusal.code === 'SERVERBUG') context.logger?.error({ ...info, command: name, err: error }, 'command failed');
    if (refusal.status === 'BAD') this.#countBad();
    return statusLine(tag, refusal.status, refusal.message, refusal.code);
  }

  #answerUnreadable(error: CommandError): void {
    if (error.fatal) {
      this.#session.bye(error.message, error.code);
      return;
    }
    this.#session.out.write(statusLine(error.tag, error.status, error.message, error.code));
    this.#countBad();
  }

  #countBad(): void {
    const { limits } = this.#session;
    if (++this.#badCommands >= limits.badCommands) this.#session.bye('Too many commands that are not understood');
  }
}
