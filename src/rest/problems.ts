/** What goes wrong, as an answer: problem details (RFC 9457), with the fields and codes that WildDuck's programs look at. */

import { type ErrorCode, isEiderError } from '../errors.ts';

/** Why a field was refused, by its path, such as `to.0.address`. */
export type FieldErrors = Readonly<Record<string, string>>;

/** An error of an operation's own. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** One of {@link PROBLEMS}. */
  readonly code: ProblemCode;
  readonly details: FieldErrors | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    message: string,
    options: { readonly details?: FieldErrors; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = PROBLEMS[code];
    this.code = code;
    this.details = options.details ?? null;
    this.headers = options.headers ?? {};
  }
}

/** Every code of an answer that is an error, with its status. */
export const PROBLEMS = {
  AddressExistsError: 400,
  AddressNotFound: 404,
  AliasExists: 400,
  AliasNotFound: 404,
  AspNotFound: 404,
  AttachmentNotFound: 404,
  AuditNotFoundError: 404,
  AuthFailed: 403,
  Busy: 503,
  CertNotFound: 404,
  ChangeNotAllowed: 400,
  Conflict: 409,
  CredentialNotFound: 404,
  DeliveryRefused: 403,
  DisallowedMailboxMethod: 400,
  DkimNotFound: 404,
  DomainNotFound: 404,
  EncryptionFailed: 503,
  EventNotFound: 404,
  FileNotFound: 404,
  FilterNotFound: 404,
  InputValidationError: 400,
  InsecurePasswordError: 403,
  InternalError: 500,
  InvalidToken: 401,
  JobNotFound: 404,
  LimitExceeded: 403,
  MailboxExistsError: 400,
  MessageNotFound: 404,
  MethodNotAllowed: 405,
  MissingPrivileges: 403,
  NoSuchMailbox: 404,
  NotMain: 400,
  NothingChanged: 400,
  OverQuotaError: 403,
  PayloadTooLarge: 413,
  PreconditionFailed: 412,
  RangeNotSatisfiable: 416,
  RateLimitedError: 403,
  RecipientUnknown: 404,
  ResourceNotFound: 404,
  SenderRefused: 403,
  SettingNotFound: 404,
  StorageFull: 507,
  Timeout: 503,
  TooManyRequests: 429,
  Unavailable: 503,
  Unsupported: 501,
  UnsupportedMediaType: 415,
  UserExistsError: 400,
  UserNotFound: 404,
  WebhookNotFound: 404,
} as const;

/** A code of {@link PROBLEMS}. */
export type ProblemCode = keyof typeof PROBLEMS;

/** Codes of the store, as the API says them. Its own defects are told as nothing but that. */
const OF_THE_STORE: Readonly<Partial<Record<ErrorCode, ProblemCode>>> = {
  ABORTED: 'Timeout',
  ACCOUNT_DISABLED: 'AuthFailed',
  ACCOUNT_EXISTS: 'UserExistsError',
  ACCOUNT_NAME_INVALID: 'InputValidationError',
  ACCOUNT_NOT_FOUND: 'UserNotFound',
  ADDRESS_EXISTS: 'AddressExistsError',
  ADDRESS_INVALID: 'InputValidationError',
  ADDRESS_NOT_FOUND: 'AddressNotFound',
  ADDRESS_PROTECTED: 'NotMain',
  ANNOTATION_INVALID: 'InputValidationError',
  ANNOTATION_LIMIT: 'LimitExceeded',
  ANNOTATION_TOO_LARGE: 'InputValidationError',
  AUTHENTICATION_FAILED: 'AuthFailed',
  BUSY: 'Busy',
  DELIVERY_REFUSED: 'DeliveryRefused',
  DISK_FULL: 'StorageFull',
  DKIM_KEY_INVALID: 'InputValidationError',
  DOMAIN_INVALID: 'InputValidationError',
  ENCRYPTION_FAILED: 'EncryptionFailed',
  EXPORT_INVALID: 'InputValidationError',
  FILTER_INVALID: 'InputValidationError',
  FLAG_INVALID: 'InputValidationError',
  FLAG_LIMIT: 'LimitExceeded',
  INVALID_ARGUMENT: 'InputValidationError',
  KEY_INVALID: 'InputValidationError',
  LIMIT_EXCEEDED: 'LimitExceeded',
  MAIL_LOOP: 'DeliveryRefused',
  MAILBOX_EXISTS: 'MailboxExistsError',
  MAILBOX_HAS_CHILDREN: 'DisallowedMailboxMethod',
  MAILBOX_LIMIT: 'LimitExceeded',
  MAILBOX_NAME_INVALID: 'InputValidationError',
  MAILBOX_NOT_FOUND: 'NoSuchMailbox',
  MAILBOX_PROTECTED: 'DisallowedMailboxMethod',
  MESSAGE_TOO_LARGE: 'PayloadTooLarge',
  PASSWORD_REFUSED: 'InsecurePasswordError',
  QUOTA_EXCEEDED: 'OverQuotaError',
  RATE_LIMITED: 'RateLimitedError',
  RECIPIENT_UNKNOWN: 'RecipientUnknown',
  SENDER_REFUSED: 'SenderRefused',
  STORE_CLOSED: 'Unavailable',
  UNAVAILABLE: 'Unavailable',
  UNSUPPORTED: 'Unsupported',
};

/** What to tell of an error; `null` for one that is a defect, of which nothing is told. */
export function toApiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error;
  if (!isEiderError(error)) return null;
  const code = OF_THE_STORE[error.code];
  return code ? new ApiError(code, error.message) : null;
}

/** The answer for an error. */
export function problemResponse({ status, code, message, details, headers }: ApiError): Response {
  const body = {
    type: 'about:blank',
    title: titleOf(code),
    status,
    detail: message,
    error: message,
    code,
    ...(details && { details }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });
}

/** `NoSuchMailbox` in words. */
function titleOf(code: string): string {
  const words = code.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
