/** Which octets may stand where. RFC 9051 section 9. */

/** ATOM-CHAR. */
export const ATOM_CHAR = 1;
/** ASTRING-CHAR: ATOM-CHAR and `]`. */
export const ASTRING_CHAR = 2;
/** list-char: ASTRING-CHAR, `%` and `*`. */
export const LIST_CHAR = 4;
/** What a sequence-set is made of. */
export const SET_CHAR = 8;
/** What the names of FETCH items are made of: letters, digits, dots and hyphens. */
export const NAME_CHAR = 16;
/** ASTRING-CHAR but `+`. */
export const TAG_CHAR = 32;
export const DIGIT = 64;

/** The classes of each octet, as a sum. */
export const CHAR_CLASSES: Uint8Array = new Uint8Array(256);

for (let code = 0x21; code < 0x7f; code++) {
  const char = String.fromCharCode(code);
  let classes = 0;
  if (!'(){%*"\\]'.includes(char)) classes |= ATOM_CHAR;
  if (!'(){%*"\\'.includes(char)) classes |= ASTRING_CHAR;
  if (!'(){%*"\\+'.includes(char)) classes |= TAG_CHAR;
  if (!'(){"\\'.includes(char)) classes |= LIST_CHAR;
  if (/[0-9*:,$]/.test(char)) classes |= SET_CHAR;
  if (/[A-Za-z0-9.-]/.test(char)) classes |= NAME_CHAR;
  if (/[0-9]/.test(char)) classes |= DIGIT;
  CHAR_CLASSES[code] = classes;
}

/** Where the run of characters of a class that begins at `from` ends. */
export function endOfRun(text: string, from: number, charClass: number): number {
  let at = from;
  // Beyond the end charCodeAt gives NaN, which is no index: undefined & mask is 0.
  while (((CHAR_CLASSES[text.charCodeAt(at)] as number) & charClass) !== 0) at++;
  return at;
}
