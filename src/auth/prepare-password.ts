/** The one form in which a password is hashed, whatever keyboard it was typed on. */

/** Most octets of a password in UTF-8. */
export const MAX_PASSWORD_OCTETS = 1024;

/**
 * The octets that are hashed, or `null` for too few or too many. RFC 8265 section 4.2: any space is a space, and NFC,
 * so that a password is the same from any keyboard.
 */
export function preparePassword(password: string): Buffer | null {
  if (password.length === 0 || password.length > MAX_PASSWORD_OCTETS) return null;
  const octets = Buffer.from(password.replace(/\p{Zs}/gu, ' ').normalize('NFC'));
  return octets.length <= MAX_PASSWORD_OCTETS ? octets : null;
}
