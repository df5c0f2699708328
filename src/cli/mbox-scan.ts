/** Finds the messages of an mbox file without reading them into memory. RFC 4155 appendix A. */

import type { FileHandle } from 'node:fs/promises';

/** Where a message lies in the file. */
export interface MboxEntry {
  /** Where its From_ line begins. */
  readonly offset: number;
  /** The From_ line without its end. */
  readonly fromLine: string;
  /** First octet of the message. */
  readonly start: number;
  /** Behind its last octet; the empty line that separates it from the next is left out. */
  readonly end: number;
}

const WINDOW = 1024 * 1024;
const LONGEST_FROM_LINE = 1000;
const LF = 0x0a;
const CR = 0x0d;
const LF_FROM: Buffer = Buffer.from('\nFrom ');

// A line of text that begins with "From " is common, one that holds a time and a year too is not.
const HAS_DATE = /^From .*\b\d{1,2}:\d\d(?::\d\d)?\b.*\b\d{4}\b/;
// Some writers leave out the separating empty line; then only the exact form counts.
const EXACT =
  /^From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} \d\d:\d\d(?::\d\d)?(?: [+-]\d{4}| [A-Z]{1,5})* \d{4}(?: [+-]\d{4})?$/;

/** A window of the file, with its place. */
interface Window {
  readonly octets: Buffer;
  readonly offset: number;
}

/** Whether a file that begins with these octets can be an mbox. */
export function looksLikeMbox(head: Buffer): boolean {
  return HAS_DATE.test(head.subarray(0, LONGEST_FROM_LINE).toString('latin1').split('\n', 1)[0] as string);
}

/**
 * The messages of an mbox, in order; memory is bounded by the window. An empty file has none.
 * Octets before the first From_ line are told as an entry of their own with an empty `fromLine`.
 */
export async function* scanMbox(file: FileHandle): AsyncGenerator<MboxEntry> {
  const { size } = await file.stat();
  let open: { offset: number; fromLine: string; start: number } | null = null;
  for await (const line of fromLines(file, size)) {
    if (open === null && line.offset > 0) open = { offset: 0, fromLine: '', start: 0 };
    if (open) yield { ...open, end: endOfMessage(open.start, line.offset, line.before) };
    open = { offset: line.offset, fromLine: line.text, start: line.end };
  }
  if (open === null && size > 0) open = { offset: 0, fromLine: '', start: 0 };
  if (!open) return;
  const last = await readAt(file, Math.max(open.start, size - 3), size);
  yield { ...open, end: endOfMessage(open.start, size, last.toString('latin1')) };
}

interface FromLine {
  readonly offset: number;
  /** Behind its line end. */
  readonly end: number;
  readonly text: string;
  /** The three octets before it, fewer at the file's start. */
  readonly before: string;
}

async function* fromLines(file: FileHandle, size: number): AsyncGenerator<FromLine> {
  let window: Window = { octets: await readWindow(file, 0), offset: 0 };
  let told = 0;
  const first = lineAt(window, 0, HAS_DATE);
  if (first) yield first;
  for (;;) {
    let from = 0;
    for (let at = window.octets.indexOf(LF_FROM); at >= 0; at = window.octets.indexOf(LF_FROM, from)) {
      // The line must lie in the window with all it may hold; if not, the next window begins before it.
      if (at + 1 + LONGEST_FROM_LINE > window.octets.length && window.offset + window.octets.length < size) break;
      const line = lineAt(window, at + 1, isEmptyLineBefore(window.octets, at) ? HAS_DATE : EXACT);
      if (line && line.offset > told) {
        yield line;
        told = line.offset;
      }
      from = at + 1;
    }
    if (window.octets.length === 0 || window.offset + window.octets.length >= size) return;
    // Three octets before a possible From_ line tell whether the line before it is empty.
    const next = window.offset + Math.max(from, window.octets.length - LONGEST_FROM_LINE - 8) - 3;
    const offset = Math.max(next, window.offset + 1);
    window = { octets: await readWindow(file, offset), offset };
  }
}

/** The From_ line at `at`, if it is one. */
function lineAt(window: Window, at: number, form: RegExp): FromLine | null {
  const area = window.octets.subarray(at, at + LONGEST_FROM_LINE);
  const lf = area.indexOf(LF);
  if (lf < 0) return null;
  const text = area.toString('latin1', 0, lf > 0 && area[lf - 1] === CR ? lf - 1 : lf);
  if (!form.test(text)) return null;
  const before = window.octets.toString('latin1', Math.max(0, at - 3), at);
  return { offset: window.offset + at, end: window.offset + at + lf + 1, text, before };
}

/** Whether the line that ends with the LF at `lf` is empty. */
function isEmptyLineBefore(octets: Buffer, lf: number): boolean {
  const before = lf > 0 && octets[lf - 1] === CR ? lf - 2 : lf - 1;
  return before < 0 || octets[before] === LF;
}

/** Leaves out the empty line, LF or CRLF, that a writer put behind the message; `before` are the octets before `next`. */
function endOfMessage(start: number, next: number, before: string): number {
  const text = before.slice(Math.max(0, before.length - (next - start)));
  // A message of no octets has only the separator.
  if (text.length === next - start && (text === '\n' || text === '\r\n')) return start;
  if (text.endsWith('\n\n')) return next - 1;
  return text.endsWith('\n\r\n') ? next - 2 : next;
}

function readWindow(file: FileHandle, offset: number): Promise<Buffer> {
  return readAt(file, offset, offset + WINDOW);
}

/** Octets `start` to `end` of a file, fewer when it ends before. */
export async function readAt(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const octets = Buffer.allocUnsafe(Math.max(0, end - start));
  let length = 0;
  while (length < octets.length) {
    const { bytesRead } = await file.read(octets, length, octets.length - length, start + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return octets.subarray(0, length);
}
