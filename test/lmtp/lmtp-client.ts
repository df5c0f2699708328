/** A client that says exactly what it is told to, for tests. */

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Reads replies, one array of lines each. */
export class LmtpClient {
  socket: Socket;
  closed = false;
  #text = '';
  #replies: string[] = [];
  #waiting: ((reply: string | null) => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#listen(socket);
  }

  /** Connects, and reads nothing yet. */
  static to(port: number): LmtpClient {
    return new LmtpClient(connect(port, '127.0.0.1'));
  }

  /** Connects and reads the greeting. */
  static async open(port: number): Promise<LmtpClient> {
    const client = LmtpClient.to(port);
    await client.reply();
    return client;
  }

  /** Connects, greets. */
  static async ready(port: number): Promise<LmtpClient> {
    const client = await LmtpClient.open(port);
    await client.say('LHLO client.example');
    return client;
  }

  /** The next reply without its line ends, lines joined by `|`; rejects when the connection ends instead. */
  async reply(): Promise<string> {
    const reply =
      this.#replies.shift() ??
      (this.closed ? null : await new Promise<string | null>((resolve) => this.#waiting.push(resolve)));
    if (reply === null) throw new Error('connection closed');
    return reply;
  }

  async replies(count: number): Promise<string[]> {
    const replies: string[] = [];
    while (replies.length < count) replies.push(await this.reply());
    return replies;
  }

  write(octets: string | Uint8Array): void {
    this.socket.write(octets as Uint8Array);
  }

  say(line: string): Promise<string> {
    this.write(`${line}\r\n`);
    return this.reply();
  }

  /** MAIL, RCPT and DATA at once, then the octets as they are. Resolves with a reply for each recipient. */
  async send(recipients: readonly string[], octets: string | Uint8Array): Promise<string[]> {
    this.write(`MAIL FROM:<sender@example.com>\r\n${recipients.map((to) => `RCPT TO:<${to}>\r\n`).join('')}DATA\r\n`);
    const envelope = await this.replies(recipients.length + 2);
    const last = envelope.at(-1) as string;
    if (!last.startsWith('354')) throw new Error(envelope.join(', '));
    this.write(octets);
    return this.replies(envelope.filter((reply) => reply.startsWith('250 2.1.5')).length);
  }

  async startTls(): Promise<void> {
    this.socket.removeAllListeners('data');
    const secured = connectTls({ socket: this.socket, rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => secured.once('secureConnect', resolve).once('error', reject));
    this.socket = secured;
    this.#listen(secured);
  }

  /** Resolves when the server has ended the connection. */
  whenClosed(): Promise<void> {
    return this.closed ? Promise.resolve() : new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  destroy(): void {
    this.socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      for (const resolve of this.#waiting.splice(0)) resolve(null);
    });
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      for (;;) {
        const match = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3}(?: [^\r\n]*)?\r\n/.exec(this.#text);
        if (!match) return;
        this.#text = this.#text.slice(match[0].length);
        const reply = match[0].trimEnd().replaceAll('\r\n', '|');
        const waiting = this.#waiting.shift();
        if (waiting) waiting(reply);
        else this.#replies.push(reply);
      }
    });
  }
}
