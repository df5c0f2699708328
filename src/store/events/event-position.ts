/** Positions of events: 16 hex digits of what holds them, an entry of the log or a transaction, 8 of the event in it. */

/** Where somebody is. */
export interface EventPosition {
  /** Number of an entry, or of a transaction. */
  readonly entry: number;
  /** Of the last event that is known. */
  readonly index: number;
}

/** Behind all events of it. */
export const WHOLE = 0xffffffff;

const POSITION = /^[0-9a-f]{24}$/;
const ENTRY_DIGITS = 16;

/** As text; such texts are in the order of what they stand for. */
export function formatPosition({ entry, index }: EventPosition): string {
  return entry.toString(16).padStart(ENTRY_DIGITS, '0') + index.toString(16).padStart(8, '0');
}

/** `null` for what is none. */
export function parsePosition(text: string): EventPosition | null {
  if (!POSITION.test(text)) return null;
  const entry = Number.parseInt(text.slice(0, ENTRY_DIGITS), 16);
  if (!Number.isSafeInteger(entry)) return null;
  return { entry, index: Number.parseInt(text.slice(ENTRY_DIGITS), 16) };
}
