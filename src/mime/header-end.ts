/** The end of a header that was too long to be collected. */

/** Looks for the empty line in a header that comes in pieces. */
export class HeaderEnd {
  /** Whether it is the message's own header. */
  readonly ofMessage: boolean;
  /** The last two octets that were seen; a header begins with a line. */
  #tail: Buffer = Buffer.from('\n');

  constructor(ofMessage: boolean) {
    this.ofMessage = ofMessage;
  }

  /** Where the header ends in these octets, after its empty line, or -1. */
  find(octets: Buffer): number {
    const across = emptyLineEnd(Buffer.concat([this.#tail, octets.subarray(0, 2)]));
    const end = across < 0 ? emptyLineEnd(octets) : across - this.#tail.length;
    this.#tail = Buffer.concat([this.#tail, octets.subarray(-2)]).subarray(-2);
    return end;
  }
}

function emptyLineEnd(octets: Buffer): number {
  const bare = after(octets.indexOf('\n\n'), 2);
  const crlf = after(octets.indexOf('\n\r\n'), 3);
  return bare < 0 || (crlf >= 0 && crlf < bare) ? crlf : bare;
}

const after = (index: number, length: number): number => (index < 0 ? -1 : index + length);
