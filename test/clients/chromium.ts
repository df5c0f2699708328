/** Chromium without a window, driven over a pipe by the DevTools protocol. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';

const ARGUMENTS = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--no-first-run',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--ignore-certificate-errors',
  '--disable-background-networking',
];
/** A call that is not answered within this time, in milliseconds, fails. */
const PATIENCE_MS = 30_000;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A running browser. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  private constructor(child: ChildProcess, folder: string) {
    this.#process = child;
    this.#folder = folder;
    let rest = '';
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop() as string;
      for (const message of messages) this.#heard(JSON.parse(message) as Answer);
    });
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('chromium has ended'));
    });
  }

  static async start(): Promise<Chromium> {
    const folder = await mkdtemp(path.join(tmpdir(), 'eider-chromium-'));
    // Its sandbox refuses to work for root, as whom tests run in containers.
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const child = spawn('chromium', [...ARGUMENTS, ...sandbox, `--user-data-dir=${folder}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    return new Chromium(child, folder);
  }

  /** Opens a page. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.call<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.call<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId);
    await page.go(url);
    return page;
  }

  /** One call of the protocol. */
  call<T>(method: string, params: object, sessionId?: string): Promise<T> {
    const id = ++this.#last;
    const message = JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) });
    return new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method} was not answered`)), PATIENCE_MS);
      const settled = <V>(then: (value: V) => void) => {
        return (value: V): void => {
          clearTimeout(timer);
          this.#waiting.delete(id);
          then(value);
        };
      };
      this.#waiting.set(id, { resolve: settled(resolve), reject: settled(reject) });
      (this.#process.stdio[3] as Writable).write(`${message}\0`);
    }) as Promise<T>;
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    await this.call('Browser.close', {}).catch(() => this.#process.kill());
    await ended;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  #heard({ id, result, error }: Answer): void {
    // Without an id it is an event; nothing here waits for one.
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** A page of a browser. */
export class Page {
  readonly #browser: Chromium;
  readonly #session: string;

  constructor(browser: Chromium, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  /** Goes to a page and waits until its script has run. */
  async go(url: string): Promise<void> {
    await this.call('Page.navigate', { url });
    await this.evaluate(`new Promise((resolve) => {
      const look = () => (location.href !== 'about:blank' && document.readyState === 'complete' ? resolve() : setTimeout(look, 20));
      look();
    })`);
  }

  call<T>(method: string, params: object): Promise<T> {
    return this.#browser.call<T>(method, params, this.#session);
  }

  /** What an expression comes to, as JSON; a promise is waited for. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.call<Evaluation>('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  }
}

interface Evaluation {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}
