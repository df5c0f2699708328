/** Octets of a client as text, when they are UTF-8. */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text, or `null` for what is not UTF-8. */
export function decodeText(octets: Buffer): string | null {
  try {
    return decoder.decode(octets);
  } catch {
    return null;
  }
}
