/** Events as a stream of an HTTP answer. HTML standard, "Server-sent events". */

/** What is sent of an event. */
export interface StreamedEvent {
  /** Its position; `null` for what has none. */
  readonly id: string | null;
  /** Whether what happened until now is known no more. */
  readonly isReset: boolean;
  /** Any JSON. */
  readonly data: object;
}

/** How a stream is kept. */
export interface EventStreamOptions {
  /** Position at the beginning: a client that is cut off before the first event goes on from it. */
  readonly position: string;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  /** Whether it may go on; asked each time that nothing has happened for a while. */
  readonly mayGoOn: () => Promise<boolean>;
  /** Told when it has ended. */
  readonly onEnd: () => void;
  /** After so long without an event a comment is sent, in milliseconds. */
  readonly idleMs: number;
}

/** When a client may come again after a cut, in milliseconds. */
const RETRY_MS = 2_000;

/** The answer. No event is read before the one before has been taken, so that a slow client costs no memory. */
export function eventStream(
  events: AsyncGenerator<StreamedEvent, void, undefined>,
  options: EventStreamOptions,
): Response {
  const { signal, onEnd } = options;
  let isOpen = true;
  const end = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    onEnd();
    // What waits for the next event ends by the signal.
    void events.return();
  };
  const texts = textsOf(events, options);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await texts.next();
        if (!done) return controller.enqueue(encoder.encode(value));
        await end();
        controller.close();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  signal.addEventListener('abort', () => void end(), { once: true });
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
  });
}

async function* textsOf(
  events: AsyncGenerator<StreamedEvent, void, undefined>,
  { position, signal, mayGoOn, idleMs }: EventStreamOptions,
): AsyncGenerator<string, void, undefined> {
  yield `retry: ${RETRY_MS}\nid: ${position}\n\n`;
  let next = events.next();
  for (let idle = 0; !signal.aborted; ) {
    const found = await beforeIdle(next, idleMs, signal);
    if (found === 'aborted') return;
    if (found === 'idle') {
      if (!(await mayGoOn())) return;
      yield `: idling ${++idle}\n\n`;
      continue;
    }
    if (found.done) return;
    yield textOf(found.value);
    next = events.next();
  }
}

function textOf({ id, isReset, data }: StreamedEvent): string {
  const kind = isReset ? 'event: reset\n' : '';
  return `${kind}data: ${JSON.stringify(data)}\n${id === null ? '' : `id: ${id}\n`}\n`;
}

async function beforeIdle<T>(next: Promise<T>, ms: number, signal: AbortSignal): Promise<T | 'idle' | 'aborted'> {
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  try {
    return await Promise.race([
      next,
      new Promise<'idle'>((resolve) => {
        timer = setTimeout(() => resolve('idle'), ms);
      }),
      new Promise<'aborted'>((resolve) => {
        abort = () => resolve('aborted');
        signal.addEventListener('abort', abort);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (abort) signal.removeEventListener('abort', abort);
  }
}
