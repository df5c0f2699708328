/** Amounts as people write them: octets and spans of time. */

import { UsageError } from './command.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

const SPANS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 };

/**
 * Octets of a text such as `1GB`, `1.5 GiB` or `1000`.
 *
 * @throws {@link UsageError} when it is something else.
 */
export function parseOctets(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)$/i.exec(text.trim());
  let unit = (match?.[2] ?? '').toUpperCase();
  if (unit !== '' && !unit.endsWith('B')) unit += 'B';
  const factor = UNITS[unit];
  const octets = Math.round(Number(match?.[1]) * (factor ?? Number.NaN));
  if (!Number.isSafeInteger(octets)) throw new UsageError(`not an amount of octets (such as 1GB): ${text}`);
  return octets;
}

/**
 * Milliseconds of a text such as `90s`, `1h` or `7d`; a bare number counts seconds.
 *
 * @throws {@link UsageError} when it is something else.
 */
export function parseSpan(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|[smhdw]?)$/.exec(text.trim());
  const span = Number(match?.[1]) * (SPANS[match?.[2] || 's'] as number);
  if (!Number.isFinite(span)) throw new UsageError(`not a span of time (such as 1h): ${text}`);
  return span;
}

/**
 * A port number, 0 meaning any free one.
 *
 * @throws {@link UsageError} when it is something else.
 */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new UsageError(`not a port: ${text}`);
  return port;
}

/** Octets for people: `12.3 MB`. Powers of 1,000. */
export function formatOctets(octets: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let amount = octets;
  let unit = 0;
  while (Math.abs(amount) >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 || amount >= 99.5 ? Math.round(amount) : amount.toFixed(1)} ${units[unit]}`;
}

/** A span of time for people: `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A whole number for people: `12,345`. Not by the locale's rules: loading those takes longer than most commands. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
