/** Domains whose mail accounts with a tag always take, or never. */

/** What is done with mail of a domain. */
export type DomainAction = 'allow' | 'block';

/** Most domains of a tag. */
export const MAX_TAG_DOMAINS = 5_000;

/** What holds of a domain for accounts with a tag. */
export interface DomainRule {
  /** 24 hex digits; the same for the same tag and domain. */
  readonly id: string;
  /** As it was given first. */
  readonly tag: string;
  /** In normal form: Unicode, NFC, lower case. */
  readonly domain: string;
  readonly action: DomainAction;
}

/**
 * Lists of domains by tag, as a store has them. Tags are compared without case. A domain is that of the reverse path,
 * and stands for itself alone, not for what lies below it.
 *
 * Mail of a blocked domain is refused for accounts that have the tag, unless the mail transfer agent's override says
 * ham. Mail of an allowed one is no junk, unless a filter, an override or a list of the account says so, or DMARC failed.
 */
export interface DomainAccess {
  /** By domain, in code unit order; of one action, or of both. @throws `INVALID_ARGUMENT` for what is no tag. */
  list(tag: string, action?: DomainAction): Promise<DomainRule[]>;
  /**
   * Adds a domain, or moves it from the other list of the tag.
   *
   * @throws `INVALID_ARGUMENT` for what is no tag; `DOMAIN_INVALID`; `LIMIT_EXCEEDED` above 5,000 domains of a tag; `BUSY`.
   */
  set(tag: string, domain: string, action: DomainAction): Promise<DomainRule>;
  /** `null` for an id of none. */
  get(id: string): Promise<DomainRule | null>;
  /** Takes a domain off its list; whether it was on one. */
  remove(id: string): Promise<boolean>;
  /** All rules of all tags. */
  all(): AsyncIterable<DomainRule>;
  /**
   * What is to be done with mail from a domain for an account with these tags; of two tags that differ, `block`. `null`
   * where nothing was said. Asks once for each tag that has a list; that a tag has none is believed for ten seconds.
   */
  decide(tags: readonly string[], domain: string): Promise<DomainAction | null>;
}
