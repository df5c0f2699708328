/** Where Dovecot answers otherwise, and why that stays. What has no line here fails the comparison. */

import type { Difference } from './same-answer.ts';

/** A reason, and the differences that it explains. */
export interface Explanation {
  readonly why: string;
  readonly covers: (difference: Difference) => boolean;
}

const CRLF = '\r\n';
const isHeader = (item: string): boolean => /^BODY\[(?:[\d.]*MIME|[\d.]*HEADER.*)\]$/.test(item);
const isStructure = (item: string): boolean => item === 'BODYSTRUCTURE' || item === 'BODY';
/** Anything that is told of the structure or of the parts of messages whose name matches. */
const ofParts =
  (names: RegExp) =>
  ({ mail, item }: Difference): boolean =>
    names.test(mail) && (isStructure(item) || /^(?:BODY|BINARY)\[[\d.]/.test(item) || item === 'BINARY');
/** Addresses in the envelope of messages whose name matches, or of a message within. */
const ofAddresses =
  (names: RegExp) =>
  ({ mail, item, at }: Difference): boolean =>
    names.test(mail) &&
    ((item === 'ENVELOPE' && at[0] !== undefined && at[0] >= 2) || (isStructure(item) && at.length > 2));

/** All of it; names of messages are those of odd-mail.ts, messages.ts and the files of the corpus. */
export const EXPLANATIONS: readonly Explanation[] = [
  {
    why: 'RFC 2046 section 5.1.1: the line end before a delimiter belongs to the delimiter, also behind an inner closing one',
    covers: ({ item, at, ours, theirs }) => {
      if (isStructure(item)) {
        const more = Number(theirs) - Number(ours);
        return more === (at.at(-1) === 6 ? 2 : 1) && [6, 7, 9].includes(at.at(-1) ?? -1);
      }
      if (typeof ours !== 'string' || typeof theirs !== 'string' || isHeader(item)) return false;
      return theirs === ours + CRLF && ours.endsWith('--');
    },
  },
  {
    why: 'RFC 9051 section 6.4.5.1: an empty line ends a header; here also one that has none, where it may be left out',
    covers: ({ item, ours, theirs }) => isHeader(item) && typeof theirs === 'string' && ours === theirs + CRLF,
  },
  {
    why: 'the same, and a line end before it where the message has none',
    covers: ({ mail, item, ours, theirs }) =>
      mail === 'one octet' && isHeader(item) && ours === `${String(theirs)}${CRLF}${CRLF}`,
  },
  {
    why: 'RFC 2046 section 5.1.1: a multipart has a part; without delimiters there is none, and its body is told as it is',
    covers: ofParts(/^no boundary parameter$/),
  },
  {
    why: 'RFC 2046 section 5.1.1: a boundary has 1 to 70 characters, of which the last is no space; these have not',
    covers: ofParts(/^empty boundary$|^boundary with spaces behind$|(?:very-long|very-very-long|weird)-boundary\.msg$/),
  },
  {
    why: 'RFC 2046 section 5.1.1: by its grammar only white space follows a boundary; nested ones often begin alike',
    covers: ofParts(/ending-boundaries\.msg$|raw_email4\.eml$/),
  },
  {
    why: 'RFC 2045 section 5.1: a boundary with "=" needs quotes; without them it is read to the ";" or the end',
    covers: ofParts(/raw_email_with_binary_encoded\.eml$|illegal_boundary\.eml$|bad_time\.eml$/),
  },
  {
    why: 'RFC 2045 section 5.1: an empty parameter is passed over, and those behind it are read',
    covers: ofParts(/double-semicolon\.msg$/),
  },
  {
    why: 'RFC 2045 section 5.2: a Content-Type that cannot be read counts as text/plain',
    covers: ofParts(/^broken content type$|multi-digest\.msg$|missing-subtype\.txt$/),
  },
  {
    why: 'RFC 2046 section 5.2.1: a message in base64 is none that can be looked into; RFC 9051: what is not there is NIL',
    covers: ofParts(
      /^message in base64$|base64encoded-rfc822message|-multiple-parts-base64\.msg$|multi-2gifs-base64\.msg$/,
    ),
  },
  {
    why: 'RFC 2045 section 6.1: an encoding is one token; what follows it, and what is none, is not taken for 7bit',
    covers: ({ mail, item, at }) => /content_transfer_encoding_/.test(mail) && isStructure(item) && at.at(-1) === 5,
  },
  {
    why: 'RFC 3516 section 4.3: of damaged or unnamed encodings BINARY gives what can be read, not UNKNOWN-CTE or the end',
    covers: ({ mail, item }) =>
      item.startsWith('BINARY') &&
      /^broken content type$|frag\.msg$|partial_rfc2046\.eml$|content_transfer_encoding_|missing_body\.eml$/.test(mail),
  },
  {
    why: 'RFC 2183 section 2: a Content-Disposition without a type says nothing',
    covers: ({ mail, item, ours }) =>
      isStructure(item) && ours === null && /^broken content type$|content_dispositions?\.eml$/.test(mail),
  },
  {
    why: 'RFC 5322 section 4.4: elements of an address list may be empty',
    covers: ofAddresses(/weird_to_header\.eml$|rfc2822_example11\.eml$/),
  },
  {
    why: 'RFC 5322 section 3.4: addresses that keep to no grammar; each server reads of them what it can',
    covers: ofAddresses(
      /feedback-report\.txt$|issue358\.txt$|stack-overflow\.txt$|missing_body\.eml$|mix_caps_content_type\.eml$|multiple_from\.eml$|at_display_name\.eml$/,
    ),
  },
];

/** Messages of the corpus that are not sorted, threaded and searched beside others. */
export const NOT_COMPARED_IN_SEARCH: Readonly<Record<string, string>> = {
  'rfc2822_example10.eml': 'was sent in 1969: times before 1970 are later than all others in Dovecot',
  'rfc2822_example04.eml': 'the same',
  'bad_time.eml': 'was sent in 3609: Dovecot knows no such time',
  'weird_to_header.eml':
    'RFC 5322 section 4.4: the first element of To is empty, and Dovecot takes that for an address',
  'raw_email_with_binary_encoded.eml': 'two subjects: Dovecot sorts by the first and has the last in the envelope',
  'multipart_mixed_quoted_boundary.eml': 'the same',
  'rfc6532_utf8_headers.eml':
    'RFC 6532 section 3.2: addresses beyond ASCII, which Dovecot neither sorts nor finds as letters',
  'mix_caps_content_type.eml':
    'RFC 5322 section 3.4: From keeps to no grammar, and each server reads another name of it',
};

/** Two messages about which the servers are asked what they answer otherwise on purpose. */
export const PLAIN_MAIL: readonly string[] = [
  'Subject: no date\r\n\r\nwhalesong\r\n',
  'Subject: dated\r\nDate: 1 Jan 2020 10:00:00 +0000\r\nContent-Type: text/html\r\n\r\n<b title="x">seagull</b>\r\n',
];

/** A command about {@link PLAIN_MAIL} opened by EXAMINE, what each server answers, and why. */
export const ON_PURPOSE: readonly (readonly [command: string, ours: string, theirs: string, why: string])[] = [
  ['SEARCH 9:*', 'OK * SEARCH 2', 'OK * SEARCH', 'RFC 9051 section 9: "*" is the last, and 9:2 the same as 2:9'],
  [
    'SEARCH SENTSINCE 1-Feb-2024',
    'OK * SEARCH 1',
    'OK * SEARCH',
    'RFC 5256 section 2.2: without a Date a message was sent when it arrived',
  ],
  [
    'SEARCH BODY hale',
    'OK * SEARCH',
    'OK * SEARCH 1',
    'RFC 9051 section 6.4.4: matching in BODY and TEXT may be flexible; here it is by beginnings of words',
  ],
  ['SEARCH BODY title', 'OK * SEARCH', 'OK * SEARCH 2', 'the same: markup is no text'],
  [
    'SEARCH SUBJECT "d\u00c3\u00a0ted"',
    'OK * SEARCH 2',
    'OK * SEARCH',
    'the same: letters are found with and without their marks',
  ],
  [
    'FETCH 1 BODY.PEEK[2]',
    'OK * 1 FETCH (BODY[2] NIL)',
    'OK * 1 FETCH (BODY[2] {0})',
    'RFC 9051 section 7.5.2: NIL is what is not there, which is not what is empty',
  ],
  ['STORE 1 FLAGS (\\Seen)', 'NO', 'OK', 'RFC 9051 section 6.3.3: what is opened by EXAMINE cannot be changed'],
  ['EXPUNGE', 'NO', 'OK', 'the same'],
  ['MOVE 1 INBOX', 'NO', 'OK', 'the same'],
];
