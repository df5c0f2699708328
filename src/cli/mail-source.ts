/** What an import reads: messages of a file or folder, whatever their format. */

import type { MessageSource } from '../store/message-store.ts';

/** Formats that can be read. */
export const MAIL_FORMATS = ['mbox', 'maildir', 'eml'] as const;

/** A format. */
export type MailFormat = (typeof MAIL_FORMATS)[number];

/** A message of a source. */
export interface MailItem {
  /** Names the message within its source, the same in every run; another message has another key. */
  readonly key: string;
  /** Where it lies, for people. */
  readonly place: string;
  /** Path of its mailbox, by the source's own folders; `''` for the source's top. */
  readonly mailbox: string;
  /** Octets that reading it costs. */
  readonly octets: number;
  /** System flags and keywords that are known without reading the message. */
  readonly flags: readonly string[];
  /** When it arrived; `null` when only its own Date field or {@link MailItem.modified} can tell. */
  readonly internalDate: Date | null;
  /** When its file was last written. */
  readonly modified: Date;
  /** Opens the message's octets; called once or several times. */
  read(): Promise<MessageSource>;
}

/** What there is to read: messages, or octets where messages cannot be counted without reading. */
export type MailTotal = { readonly messages: number } | { readonly octets: number };

/** Messages of one file or folder. */
export interface MailSource {
  /** Absolute path. */
  readonly path: string;
  /** Path of the mailbox that it is, which is made even when it is empty; `''` for the source's top. */
  readonly mailbox: string;
  /** All messages, in an order that is the same in every run. */
  items(): AsyncIterable<MailItem>;
  /** Flags that can only be known from the message's header. */
  flagsOf?(header: Uint8Array): readonly string[];
  /** Ends what is open; items cannot be read afterwards. */
  close(): Promise<void>;
}

/** Up to here a message is read at once. */
export const WHOLE_READ: number = 1024 * 1024;
