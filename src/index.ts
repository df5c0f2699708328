/**
 * A mail store to embed: messages, mailboxes, search and accounts, in a folder or in memory.
 *
 * @module
 * @example
 * ```ts
 * import { openStore } from 'eider';
 *
 * await using store = await openStore({ path: './mail' });
 * const account = await store.accounts.create({ name: 'ann', password: 'correct horse' });
 * const { uid } = await store.append(account.id, 'INBOX', 'Subject: hello\r\n\r\nworld\r\n');
 * ```
 */

export type { AuthenticationOptions } from './auth/authentication-options.ts';
export type { BearerCheck, ExternalCheck, ImpersonationCheck } from './auth/authenticator.ts';
export { type JwtBearerOptions, jwtBearer } from './auth/jwt-bearer.ts';
export type { LoginLimit, LoginLimitOptions } from './auth/login-limits.ts';
export { type CertificateResolver, certificateResolver } from './crypto/certificate-resolver.ts';
export type { ResolveDns } from './delivery/bounded-resolver.ts';
export { SenderChecker, type SenderCheckOptions } from './delivery/check-sender.ts';
export { type FlatFilterQuery, fromFlatQuery, toFlatQuery } from './delivery/filter-flat-query.ts';
export type { WebhookOptions } from './delivery/post-webhook.ts';
export { SendError } from './delivery/send-error.ts';
export {
  type CheckedMail,
  type CheckedOrigin,
  type CheckFindings,
  type CheckResult,
  type DmarcPolicy,
  type SenderCheck,
  withSenderCheck,
} from './delivery/sender-check.ts';
export { type RewriteSender, SenderRewriter } from './delivery/sender-rewriting.ts';
export { type SmtpRelayOptions, smtpRelay } from './delivery/smtp-relay.ts';
export type { SpamTrust } from './delivery/spam-verdict.ts';
export type * from './engine/account-transfer.ts';
export type * from './engine/blob-store.ts';
export type * from './engine/engine.ts';
export type * from './engine/peers.ts';
export type * from './engine/records.ts';
export type * from './engine/vault.ts';
export { EiderError, type ErrorCode, isEiderError } from './errors.ts';
export { attachmentNamed } from './mime/attachment-named.ts';
export { extractSearchText } from './mime/extract-search-text.ts';
export { headerContains } from './mime/header-contains.ts';
export type { MessageBody, SectionData } from './mime/message-body.ts';
export * from './model/account.ts';
export { type LimitsChange, NO_LIMITS } from './model/account-limits.ts';
export * from './model/account-profile.ts';
export * from './model/address-register.ts';
export type * from './model/addresses.ts';
export {
  type Annotation,
  type AnnotationDepth,
  type AnnotationQuery,
  MAX_ACCOUNT_ANNOTATION_OCTETS,
  MAX_ANNOTATION_NAME_OCTETS,
  MAX_ANNOTATION_OCTETS,
  MAX_ANNOTATIONS,
} from './model/annotation.ts';
export * from './model/authentication.ts';
export * from './model/auto-reply.ts';
export * from './model/change.ts';
export * from './model/content.ts';
export * from './model/default-limits.ts';
export * from './model/dkim.ts';
export * from './model/domain-access.ts';
export type * from './model/encryption.ts';
export * from './model/filter.ts';
export * from './model/flags.ts';
export * from './model/forwarding.ts';
export type * from './model/idempotency.ts';
export * from './model/ids.ts';
export {
  DEFAULT_MAILBOXES,
  HIERARCHY_DELIMITER,
  type Mailbox,
  normalizePath,
  SPECIAL_USES,
  type SpecialUse,
} from './model/mailbox.ts';
export type { MimePart, Parameters } from './model/mime-part.ts';
export type * from './model/outgoing-mail.ts';
export * from './model/portable.ts';
export { parseQueryText, type QueryTextContext } from './model/query-text.ts';
export type * from './model/route.ts';
export type { AddressField, SearchQuery } from './model/search-query.ts';
export type { Section } from './model/section.ts';
export * from './model/security-key.ts';
export * from './model/spam.ts';
export * from './model/store-event.ts';
export * from './model/stored-file.ts';
export * from './model/submission.ts';
export * from './model/tls-certificate.ts';
export { foldText, oneSpaced, words } from './model/tokens.ts';
export type * from './model/traffic.ts';
export { type UidRange, UidSet } from './model/uid-set.ts';
export type * from './model/webhook.ts';
export { DEFAULT_MAX_MESSAGE_SIZE, type OpenStoreOptions, openStore } from './open-store.ts';
export type * from './store/annotation-store.ts';
export type * from './store/maintenance-api.ts';
export type * from './store/message-store.ts';
export type * from './store/outgoing-store.ts';
