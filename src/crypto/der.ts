/** The little of DER that certificates are read and messages are made with. ITU-T X.690. */

/** Tags that CMS messages and certificates use. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
} as const;

/** An element: where it lies in the octets that it was read from. */
export interface DerElement {
  readonly tag: number;
  /** Tag, length and content. */
  readonly raw: Buffer;
  readonly content: Buffer;
}

/** The element at the start of `octets`. @throws for what is cut off, or has a length that DER has not. */
export function readDer(octets: Buffer): DerElement {
  const tag = octets[0];
  const first = octets[1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new Error('no DER');
  const width = first < 0x80 ? 0 : first & 0x7f;
  if (width > 4 || first === 0x80 || octets.length < 2 + width) throw new Error('no DER length');
  const length = width === 0 ? first : octets.readUIntBE(2, width);
  const start = 2 + width;
  if (octets.length < start + length) throw new Error('DER is cut off');
  return { tag, raw: octets.subarray(0, start + length), content: octets.subarray(start, start + length) };
}

/** The elements that a constructed one holds. */
export function readDerSequence(content: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let rest = content; rest.length > 0; ) {
    const element = readDer(rest);
    elements.push(element);
    rest = rest.subarray(element.raw.length);
  }
  return elements;
}

/** An element of that tag. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), derLength(content.length), content]);
}

/** A small, not negative number. */
export function derInteger(value: number): Buffer {
  return der(TAG.integer, Buffer.from([value]));
}

/** An object identifier, such as `2.5.29.15`. */
export function derOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([0x80 | octets.length, ...octets]);
}

function base128(value: number): number[] {
  const octets = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) octets.unshift(0x80 | (rest % 128));
  return octets;
}
