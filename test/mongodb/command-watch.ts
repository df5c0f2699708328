/** Hears every command that a store sends to the cluster. */

import type { CommandStartedEvent, CommandSucceededEvent, Document, MongoClient } from 'mongodb';

/** A command that works on documents, or a commit. */
export interface SentCommand {
  /** Such as `find`. */
  readonly name: string;
  /** `null` for a commit. */
  readonly collection: string | null;
  readonly command: Document;
}

/** How often a piece of work went to the cluster and back. */
export interface RoundTrips {
  readonly statements: number;
  readonly commits: number;
}

/** What is part of the connection, and of no operation. */
const UNCOUNTED = new Set(['hello', 'ping', 'endSessions', 'killCursors', 'abortTransaction']);

/** Listens to a client, which must have been opened with `monitorCommands`. */
export class CommandWatch {
  readonly #sent: SentCommand[] = [];
  /** Cursors of change streams, which wait at the cluster all the time. */
  readonly #streams = new Set<string>();
  readonly #opening = new Set<number>();

  constructor(client: MongoClient) {
    client.on('commandStarted', (event) => this.#started(event));
    client.on('commandSucceeded', (event) => this.#succeeded(event));
  }

  /** All since the beginning. */
  get sent(): readonly SentCommand[] {
    return this.#sent;
  }

  /** Runs `work` and tells what was sent meanwhile. */
  async during(work: () => Promise<unknown>): Promise<readonly SentCommand[]> {
    const before = this.#sent.length;
    await work();
    return this.#sent.slice(before);
  }

  #started({ commandName, command, requestId }: CommandStartedEvent): void {
    if (UNCOUNTED.has(commandName)) return;
    if (command.pipeline?.[0]?.$changeStream) {
      this.#opening.add(requestId);
      return;
    }
    if (commandName === 'getMore' && this.#streams.has(String(command.getMore))) return;
    const collection = commandName === 'getMore' ? command.collection : command[commandName];
    const isCommit = commandName === 'commitTransaction';
    this.#sent.push({ name: commandName, collection: isCommit ? null : String(collection), command });
  }

  #succeeded({ requestId, reply }: CommandSucceededEvent): void {
    if (this.#opening.delete(requestId)) this.#streams.add(String((reply as Document).cursor?.id));
  }
}

/** Counts. */
export function roundTrips(sent: readonly SentCommand[]): RoundTrips {
  const commits = sent.filter((command) => command.collection === null).length;
  return { statements: sent.length - commits, commits };
}
