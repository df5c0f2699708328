/** A client that knows lines and nothing of IMAP, so that it hides nothing from a test. */

import { connect, type Socket } from 'node:net';

/** How long a line may take, in milliseconds. */
const PATIENCE = 5_000;

/** A connection; lines are octets in a string. */
export class LineClient {
  readonly socket: Socket;
  /** Everything received and not read yet. */
  buffer = '';
  closed = false;
  #wake: (() => void) | null = null;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.adopt(this.socket);
  }

  /** Listens to a socket (another one after STARTTLS). */
  adopt(socket: Socket): void {
    socket.setEncoding('latin1');
    socket.on('data', (data: string) => {
      this.buffer += data;
      this.#wake?.();
    });
    const end = (): void => {
      this.closed = true;
      this.#wake?.();
    };
    socket.on('close', end).on('end', end).on('error', end);
  }

  /** Sends octets. */
  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** The next line without its end; `null` when the connection is closed. */
  async line(patience: number = PATIENCE): Promise<string | null> {
    await this.#until(() => this.buffer.includes('\r\n'), patience, 'a line');
    const end = this.buffer.indexOf('\r\n');
    if (end < 0) return null;
    const line = this.buffer.slice(0, end);
    this.buffer = this.buffer.slice(end + 2);
    return line;
  }

  /** Exactly `count` octets. */
  async octets(count: number): Promise<string> {
    await this.#until(() => this.buffer.length >= count, PATIENCE, `${count} octets`);
    const octets = this.buffer.slice(0, count);
    this.buffer = this.buffer.slice(count);
    return octets;
  }

  /** Sends a command and gives all lines up to its tagged response, that one last. */
  async run(tag: string, command: string): Promise<string[]> {
    this.send(`${tag} ${command}\r\n`);
    return this.until(tag);
  }

  /** All lines up to the tagged response, that one last. */
  async until(tag: string): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      if (line === null) throw new Error(`closed before ${tag}; got ${JSON.stringify(lines)}`);
      lines.push(line);
      if (line.startsWith(`${tag} `)) return lines;
    }
  }

  /** Resolves when the server has closed the connection. */
  async end(): Promise<void> {
    await this.#until(() => this.closed, PATIENCE, 'the end');
  }

  destroy(): void {
    this.socket.destroy();
  }

  async #until(ready: () => boolean, patience: number, what: string): Promise<void> {
    const deadline = Date.now() + patience;
    while (!ready() && !this.closed) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`waited in vain for ${what}; have ${JSON.stringify(this.buffer.slice(0, 500))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
  }
}
