/** What an API counts of itself, in the text that Prometheus reads. */

import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Upper ends of the ranges that durations are counted in, in seconds. */
const RANGES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Duration {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Counts for as long as the process lives. Labels are names of operations and statuses: there are only so many. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Duration>();
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });

  constructor() {
    this.#delay.enable();
  }

  request(operation: string, status: number, ms: number): void {
    const key = `operation="${operation}",status="${status}"`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    const duration = this.#durations.get(operation) ?? { counts: RANGES.map(() => 0), sum: 0, count: 0 };
    this.#durations.set(operation, duration);
    const at = RANGES.findIndex((end) => ms / 1000 <= end);
    if (at >= 0) duration.counts[at] = (duration.counts[at] as number) + 1;
    duration.sum += ms / 1000;
    duration.count++;
  }

  /** All of it. @param streams streams of events that are open */
  text(streams: number): string {
    const lines: string[] = [];
    const metric = (name: string, type: string, help: string): void =>
      void lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    metric('eider_http_requests_total', 'counter', 'Requests that were answered.');
    for (const [key, count] of this.#requests) lines.push(`eider_http_requests_total{${key}} ${count}`);
    metric('eider_http_request_duration_seconds', 'histogram', 'How long answers took to begin.');
    for (const [operation, { counts, sum, count }] of this.#durations) {
      const name = 'eider_http_request_duration_seconds';
      let below = 0;
      for (const [index, end] of RANGES.entries()) {
        below += counts[index] as number;
        lines.push(`${name}_bucket{operation="${operation}",le="${end}"} ${below}`);
      }
      lines.push(`${name}_bucket{operation="${operation}",le="+Inf"} ${count}`);
      lines.push(`${name}_sum{operation="${operation}"} ${sum}`, `${name}_count{operation="${operation}"} ${count}`);
    }
    metric('eider_http_event_streams', 'gauge', 'Streams of events that are open.');
    lines.push(`eider_http_event_streams ${streams}`);
    metric('eider_event_loop_delay_seconds', 'gauge', 'Delay of the event loop since the last look.');
    for (const [name, percentile] of [
      ['0.5', 50],
      ['0.99', 99],
    ] as const) {
      lines.push(`eider_event_loop_delay_seconds{quantile="${name}"} ${this.#delay.percentile(percentile) / 1e9}`);
    }
    this.#delay.reset();
    const { rss, heapUsed } = process.memoryUsage();
    metric('eider_process_memory_bytes', 'gauge', 'Memory of the process.');
    lines.push(`eider_process_memory_bytes{kind="rss"} ${rss}`, `eider_process_memory_bytes{kind="heap"} ${heapUsed}`);
    return `${lines.join('\n')}\n`;
  }

  close(): void {
    this.#delay.disable();
  }
}
