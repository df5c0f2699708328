/** A TCP connection that is read by lines, for protocols where the tests say each word themselves. */

import { connect, type Socket } from 'node:net';

/** The server went away. */
export class ConnectionLost extends Error {}

/** A connection. Lines come without their CRLF; literals of IMAP stay in the line as they came. */
export class LineSocket {
  readonly #socket: Socket;
  #buffer = '';
  #waiting: { resolve(line: string): void; reject(error: Error): void } | null = null;
  #lost = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#buffer += chunk.toString('latin1');
      this.#feed();
    });
    const lose = (): void => {
      this.#lost = true;
      this.#feed();
    };
    socket.on('error', lose);
    socket.on('close', lose);
  }

  static open(port: number): Promise<LineSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new LineSocket(socket)));
      socket.once('error', () => reject(new ConnectionLost('no connection')));
    });
  }

  /** The next line. @throws ConnectionLost */
  line(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#feed();
    });
  }

  /** Resolves when the system has taken the octets. */
  send(octets: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(octets, (error) => (error ? reject(new ConnectionLost()) : resolve()));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #feed(): void {
    if (!this.#waiting) return;
    const end = this.#buffer.indexOf('\r\n');
    if (end < 0 && !this.#lost) return;
    const { resolve, reject } = this.#waiting;
    this.#waiting = null;
    if (end < 0) {
      reject(new ConnectionLost('the server went away'));
      return;
    }
    const line = this.#buffer.slice(0, end);
    this.#buffer = this.#buffer.slice(end + 2);
    resolve(line);
  }
}

/** An IMAP session that says one command at a time. */
export class ImapSession {
  readonly #socket: LineSocket;
  #tag = 0;

  private constructor(socket: LineSocket) {
    this.#socket = socket;
  }

  static async open(port: number, name: string, password: string): Promise<ImapSession> {
    const socket = await LineSocket.open(port);
    await socket.line();
    const session = new ImapSession(socket);
    await session.run(`LOGIN ${name} ${password}`);
    return session;
  }

  /** Says a command; the lines before its OK. @throws ConnectionLost, or an error with what the server said */
  async run(command: string): Promise<string[]> {
    const tag = `t${++this.#tag}`;
    await this.#socket.send(`${tag} ${command}\r\n`);
    const lines: string[] = [];
    for (;;) {
      const line = await this.#socket.line();
      if (!line.startsWith(`${tag} `)) lines.push(line);
      else if (line.startsWith(`${tag} OK`)) return lines;
      else throw new Error(`${command}: ${line}`);
    }
  }

  close(): void {
    this.#socket.close();
  }
}

/** An LMTP session that delivers one message at a time. */
export class LmtpSession {
  readonly #socket: LineSocket;

  private constructor(socket: LineSocket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<LmtpSession> {
    const session = new LmtpSession(await LineSocket.open(port));
    await session.#reply();
    await session.say('LHLO tests');
    return session;
  }

  /** Delivers `raw`, whose lines end in CRLF and do not begin with a dot. Resolves when it was acknowledged. */
  async deliver(to: string, raw: string): Promise<void> {
    await this.say('MAIL FROM:<>');
    await this.say(`RCPT TO:<${to}>`);
    await this.say('DATA', 3);
    await this.#socket.send(raw);
    await this.say('.');
  }

  /** Says a line and expects a reply whose code begins with `wanted`. */
  async say(line: string, wanted = 2): Promise<void> {
    await this.#socket.send(`${line}\r\n`);
    const reply = await this.#reply();
    if (!reply.startsWith(String(wanted))) throw new Error(`${line}: ${reply}`);
  }

  send(octets: string | Uint8Array): Promise<void> {
    return this.#socket.send(octets);
  }

  async #reply(): Promise<string> {
    for (;;) {
      const line = await this.#socket.line();
      if (line[3] !== '-') return line;
    }
  }

  close(): void {
    this.#socket.close();
  }
}
