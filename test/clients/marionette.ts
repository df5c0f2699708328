/** Marionette, by which programs of Mozilla's let themselves be driven: scripts that run with all they may do. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A program of Mozilla's, started with `--marionette`. */
export class Marionette {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #input = Buffer.alloc(0);
  #commands = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => this.#take(data));
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the program ended'));
      this.#waiting.clear();
    });
  }

  /** Connects; rejects while nobody listens. */
  static async open(port: number): Promise<Marionette> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    const marionette = new Marionette(socket);
    await marionette.#run('WebDriver:NewSession', {});
    await marionette.#run('Marionette:SetContext', { value: 'chrome' });
    return marionette;
  }

  /** Runs the body of an asynchronous function and gives what it returns, which JSON can say. */
  async script(body: string, ...args: unknown[]): Promise<unknown> {
    const script = `return (async (...args) => { ${body} })(...arguments)`;
    const answer = (await this.#run('WebDriver:ExecuteScript', { script, args })) as { value: unknown };
    return answer.value;
  }

  /** Has the program end; its process does a little later. */
  async quit(): Promise<void> {
    await this.#run('Marionette:Quit', { flags: ['eForceQuit'] });
    this.#socket.destroy();
  }

  #run(command: string, parameters: object): Promise<unknown> {
    const id = ++this.#commands;
    const text = JSON.stringify([0, id, command, parameters]);
    this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** A message is the number of its octets, a colon, and JSON: `[1, id, error, result]` for an answer. */
  #take(data: Buffer): void {
    this.#input = Buffer.concat([this.#input, data]);
    for (;;) {
      const colon = this.#input.indexOf(':');
      const end = colon + 1 + Number(this.#input.subarray(0, Math.max(colon, 0)));
      if (colon < 0 || this.#input.length < end) return;
      const message: unknown = JSON.parse(this.#input.toString('utf8', colon + 1, end));
      this.#input = this.#input.subarray(end);
      if (!Array.isArray(message)) continue;
      const [, id, error, result] = message as [number, number, { message: string } | null, unknown];
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    }
  }
}
