/** Names in messages of which commas part the fields. */

/** RFC 5801 section 4, RFC 5802 section 5.1: `=2C` is a comma and `=3D` is `=`; with any other `=` it is no name: `null`. */
export function decodeSaslName(name: string): string | null {
  if (name.includes('\0') || /=(?!2C|3D)/.test(name)) return null;
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
