/** The operations of the API, written from its description: to change it, change the operations. */

/** ArchivedMessage of the API. */
export type ArchivedMessage = {
  id: string;
  mailbox: string;
  from?: { name: string; address: string } | undefined;
  to: { name: string; address: string }[];
  subject: string;
  messageId: string;
  date: string;
  idate: string;
  archived: string;
  intro: string;
  size: number;
  seen: boolean;
  flagged: boolean;
  draft: boolean;
};

/** FilterAction of the API. */
export type FilterAction = {
  seen?: boolean | '' | null | undefined;
  flag?: boolean | '' | null | undefined;
  delete?: boolean | '' | null | undefined;
  spam?: boolean | '' | null | undefined;
  mailbox?: string | null | undefined;
  targets?: string[] | null | undefined;
  keywords?: string[] | null | undefined;
  labels?: string[] | null | undefined;
  stop?: unknown | undefined;
};

/** FilterQuery of the API. */
export type FilterQuery = {
  from?: string | null | undefined;
  to?: string | null | undefined;
  subject?: string | null | undefined;
  listId?: string | null | undefined;
  text?: string | null | undefined;
  ha?: boolean | '' | null | undefined;
  size?: number | '' | null | undefined;
};

/** GivenAddress of the API. */
export type GivenAddress = { name?: string | undefined; address: string };

/** GivenEnvelope of the API. */
export type GivenEnvelope = {
  from?: { name?: string | undefined; address: string } | undefined;
  to?: { name?: string | undefined; address: string }[] | undefined;
};

/** ListedAddress of the API. */
export type ListedAddress = {
  id: string;
  name: string;
  address: string;
  user?: string | undefined;
  forwarded: boolean;
  forwardedDisabled: boolean;
  targets?: string[] | undefined;
  tags: string[];
  metaData?: unknown | undefined;
};

/** ListedMessage of the API. */
export type ListedMessage = {
  id: number;
  mailbox: string;
  thread: string;
  from?: MessageAddress | undefined;
  to: MessageAddress[];
  cc: MessageAddress[];
  bcc: MessageAddress[];
  messageId: string;
  subject: string;
  date: string;
  idate: string;
  size: number;
  seen: boolean;
  deleted: boolean;
  flagged: boolean;
  draft: boolean;
  answered: boolean;
  forwarded: boolean;
  encrypted: boolean;
  keywords: string[];
  modifyIndex: number;
  references: string[];
  contentType: { value: string; params: { [name: string]: string } };
  metaData?: unknown | undefined;
  intro: string;
  attachments: boolean;
  threadMessageCount?: number | undefined;
  hasDrafts?: boolean | undefined;
  headers?: { [name: string]: string | string[] } | undefined;
};

/** ListedUser of the API. */
export type ListedUser = {
  id: string;
  username: string;
  name: string;
  address: string;
  targets: string[];
  enabled2fa: string[];
  autoreply: boolean;
  encryptMessages: boolean;
  encryptForwarded: boolean;
  hasPasswordSet: boolean;
  activated: boolean;
  disabled: boolean;
  suspended: boolean;
  tags?: string[] | undefined;
  metaData?: unknown | undefined;
  internalData?: unknown | undefined;
  quota: { allowed: number; used: number };
};

/** LoginEvent of the API. */
export type LoginEvent = {
  id: string;
  action: string;
  result: string;
  protocol: string;
  requiredScope: string;
  sess?: string | undefined;
  ip: string;
  created: string;
  source?: string | undefined;
  asp?: string | undefined;
  credential?: string | undefined;
  events: number;
};

/** Mailbox of the API. */
export type Mailbox = {
  id: string;
  name: string;
  path: string;
  specialUse: unknown;
  modifyIndex: number;
  subscribed: boolean;
  hidden: boolean;
  encryptMessages: boolean;
  retention?: number | undefined;
  total?: number | undefined;
  unseen?: number | undefined;
  size?: number | undefined;
};

/** MessageAddress of the API. */
export type MessageAddress = { name: string; address: string };

/** Problem of the API. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  error: string;
  code:
    | 'AddressExistsError'
    | 'AddressNotFound'
    | 'AliasExists'
    | 'AliasNotFound'
    | 'AspNotFound'
    | 'AttachmentNotFound'
    | 'AuditNotFoundError'
    | 'AuthFailed'
    | 'Busy'
    | 'CertNotFound'
    | 'ChangeNotAllowed'
    | 'Conflict'
    | 'CredentialNotFound'
    | 'DeliveryRefused'
    | 'DisallowedMailboxMethod'
    | 'DkimNotFound'
    | 'DomainNotFound'
    | 'EncryptionFailed'
    | 'EventNotFound'
    | 'FileNotFound'
    | 'FilterNotFound'
    | 'InputValidationError'
    | 'InsecurePasswordError'
    | 'InternalError'
    | 'InvalidToken'
    | 'JobNotFound'
    | 'LimitExceeded'
    | 'MailboxExistsError'
    | 'MessageNotFound'
    | 'MethodNotAllowed'
    | 'MissingPrivileges'
    | 'NoSuchMailbox'
    | 'NotMain'
    | 'NothingChanged'
    | 'OverQuotaError'
    | 'PayloadTooLarge'
    | 'PreconditionFailed'
    | 'RangeNotSatisfiable'
    | 'RateLimitedError'
    | 'RecipientUnknown'
    | 'ResourceNotFound'
    | 'SenderRefused'
    | 'SettingNotFound'
    | 'StorageFull'
    | 'Timeout'
    | 'TooManyRequests'
    | 'Unavailable'
    | 'Unsupported'
    | 'UnsupportedMediaType'
    | 'UserExistsError'
    | 'UserNotFound'
    | 'WebhookNotFound';
  details?: { [name: string]: string } | undefined;
};

/** Reference of the API. */
export type Reference = {
  mailbox: string;
  id: number;
  action: 'reply' | 'replyAll' | 'forward';
  attachments?: boolean | string[] | undefined;
};

/** StoredFile of the API. */
export type StoredFile = {
  id: string;
  filename: string;
  contentType: string;
  size: number;
  created: string;
  cid?: string | undefined;
};

/** Input and output of each operation, by path and method. */
export interface RestOperations {
  '/users': {
    /** List users. */
    get: {
      input: {
        query?: string | undefined;
        forward?: string | undefined;
        tags?: string | undefined;
        requiredTags?: string | undefined;
        metaData?: boolean | undefined;
        internalData?: boolean | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        query?: string | undefined;
        results: ListedUser[];
      };
    };
    /** Make a user. */
    post: {
      input: {
        sess?: string | undefined;
        ip?: string | undefined;
        username: string;
        password: false | string;
        address?: string | undefined;
        emptyAddress?: boolean | undefined;
        hashedPassword?: boolean | undefined;
        allowUnsafe?: boolean | undefined;
        name?: string | undefined;
        language?: string | undefined;
        targets?: string[] | undefined;
        spamLevel?: number | undefined;
        quota?: number | undefined;
        messages?: number | undefined;
        mailboxLimit?: number | undefined;
        recipients?: number | undefined;
        forwards?: number | undefined;
        filters?: number | undefined;
        receivedMax?: number | undefined;
        imapMaxUpload?: number | undefined;
        imapMaxDownload?: number | undefined;
        imapMaxConnections?: number | undefined;
        pop3MaxDownload?: number | undefined;
        pop3MaxMessages?: number | undefined;
        fromWhitelist?: string[] | undefined;
        tags?: string[] | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
        internalData?: { [name: string]: unknown } | string | undefined;
        pubKey?: string | undefined;
        encryptMessages?: boolean | undefined;
        disabledScopes?: ('imap' | 'pop3' | 'smtp')[] | undefined;
        requirePasswordChange?: boolean | undefined;
      };
      output: { success: true; id: string };
    };
  };
  '/users/resolve/{username}': {
    /** Find the ID of a user by name or address. */
    get: {
      input: { username: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; id: string };
    };
  };
  '/users/{user}': {
    /** Tell of a user. */
    get: {
      input: { user: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        id: string;
        username: string;
        name: string;
        address: string;
        targets: string[];
        enabled2fa: string[];
        autoreply: boolean;
        encryptMessages: boolean;
        encryptForwarded: boolean;
        hasPasswordSet: boolean;
        activated: boolean;
        disabled: boolean;
        suspended: boolean;
        tags?: string[] | undefined;
        metaData?: unknown | undefined;
        internalData?: unknown | undefined;
        language: string;
        fromWhitelist: string[];
        spamLevel: number;
        pubKey: string;
        smimeCerts: string[];
        keyInfo: false | { name: string; address: string; fingerprint: string };
        limits: {
          quota: { allowed: number; used: number };
          messages: { allowed: number; used: number };
          mailboxes: { allowed: number };
          recipients: { allowed: number };
          forwards: { allowed: number };
          received: { allowed: number };
          filters: { allowed: number; used: number };
          imapUpload: { allowed: number; used: number; ttl: number | false };
          imapDownload: { allowed: number; used: number; ttl: number | false };
          imapMaxConnections: { allowed: number; used: number };
          pop3Download: { allowed: number; used: number; ttl: number | false };
          pop3MaxMessages: { allowed: number };
        };
        requirePasswordChange: boolean;
        disabledScopes?: string[] | undefined;
        created: string;
      };
    };
    /** Change a user. */
    put: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        existingPassword?: string | undefined;
        password?: false | string | undefined;
        hashedPassword?: boolean | undefined;
        allowUnsafe?: boolean | undefined;
        name?: string | undefined;
        language?: string | undefined;
        targets?: string[] | undefined;
        spamLevel?: number | undefined;
        quota?: number | undefined;
        messages?: number | undefined;
        mailboxLimit?: number | undefined;
        recipients?: number | undefined;
        forwards?: number | undefined;
        filters?: number | undefined;
        receivedMax?: number | undefined;
        imapMaxUpload?: number | undefined;
        imapMaxDownload?: number | undefined;
        imapMaxConnections?: number | undefined;
        pop3MaxDownload?: number | undefined;
        pop3MaxMessages?: number | undefined;
        fromWhitelist?: string[] | undefined;
        tags?: string[] | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
        internalData?: { [name: string]: unknown } | string | undefined;
        pubKey?: string | undefined;
        encryptMessages?: boolean | undefined;
        disabledScopes?: ('imap' | 'pop3' | 'smtp')[] | undefined;
        requirePasswordChange?: boolean | undefined;
        disabled?: boolean | undefined;
        suspended?: boolean | undefined;
        disable2fa?: boolean | undefined;
        protocol?: string | undefined;
      };
      output: { success: true };
    };
    /** Delete a user. */
    delete: {
      input: { user: string; deleteAfter?: string | undefined; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; code: string; user: string; addresses: { deleted: number } };
    };
  };
  '/users/{deleted}/restore': {
    /** Tell of a user that was deleted and can be restored. */
    get: {
      input: { deleted: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        user: string;
        username: string;
        storageUsed?: number | undefined;
        tags: string[];
        deleted: string;
        recoverableAddresses: string[];
      };
    };
    /** Restore a user that was deleted. */
    post: {
      input: { deleted: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; code: string; user: string; addresses: { recovered: number; main: string } };
    };
  };
  '/users/{user}/password/reset': {
    /** Give a user a temporary password. */
    post: {
      input: { user: string; sess?: string | undefined; ip?: string | undefined; validAfter?: string | undefined };
      output: { success: true; password: string; validAfter: string };
    };
  };
  '/users/{user}/quota/reset': {
    /** Count again what a user uses. */
    post: {
      input: { user: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; storageUsed: number; previousStorageUsed: number };
    };
  };
  '/quota/reset': {
    /** Count again what all users use. */
    post: { input: { sess?: string | undefined; ip?: string | undefined }; output: { success: true; task: string } };
  };
  '/users/{user}/updates': {
    /** Follow what happens in the mailboxes of a user. */
    get: {
      input: { user: string; 'Last-Event-ID'?: string | undefined; sess?: string | undefined; ip?: string | undefined };
      output: never;
    };
  };
  '/events': {
    /** Follow what happens in all accounts. */
    get: {
      input: {
        'Last-Event-ID'?: string | undefined;
        types?: string | undefined;
        user?: string | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: never;
    };
  };
  '/addresses': {
    /** List the addresses of all users, and those that only forward. */
    get: {
      input: {
        query?: string | undefined;
        tags?: string | undefined;
        requiredTags?: string | undefined;
        metaData?: boolean | undefined;
        internalData?: boolean | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        query?: string | undefined;
        results: ListedAddress[];
      };
    };
  };
  '/users/{user}/addresses': {
    /** List the addresses of a user. */
    get: {
      input: {
        user: string;
        metaData?: boolean | undefined;
        internalData?: boolean | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        results: {
          id: string;
          name: string;
          address: string;
          main: boolean;
          created: string;
          tags: string[];
          metaData?: unknown | undefined;
        }[];
      };
    };
    /** Give a user one more address. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        address: string;
        name?: string | undefined;
        main?: boolean | undefined;
        allowWildcard?: boolean | undefined;
        tags?: string[] | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
        internalData?: { [name: string]: unknown } | string | undefined;
      };
      output: { success: true; id: string };
    };
  };
  '/users/{user}/addresses/{address}': {
    /** Tell of an address of a user. */
    get: {
      input: { user: string; address: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        id: string;
        name: string;
        address: string;
        main: boolean;
        created: string;
        tags: string[];
        metaData?: unknown | undefined;
      };
    };
    /** Take an address from a user. */
    delete: {
      input: { user: string; address: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true };
    };
  };
  '/users/{user}/addresses/{id}': {
    /** Change what is kept of an address. */
    put: {
      input: {
        user: string;
        id: string;
        sess?: string | undefined;
        ip?: string | undefined;
        name?: string | undefined;
        main?: boolean | undefined;
        address?: string | undefined;
        tags?: string[] | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
        internalData?: { [name: string]: unknown } | string | undefined;
      };
      output: { success: true };
    };
  };
  '/addresses/resolve/{address}': {
    /** Find where mail for an address goes. */
    get: {
      input: {
        address: string;
        allowWildcard?: boolean | undefined;
        metaData?: boolean | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        id: string;
        address: string;
        user?: string | undefined;
        name?: string | undefined;
        tags: string[];
        targets?: string[] | undefined;
      };
    };
  };
  '/addresses/renameDomain': {
    /** Give all addresses of a domain another one. */
    put: {
      input: { sess?: string | undefined; ip?: string | undefined; oldDomain: string; newDomain: string };
      output: {
        success: true;
        modifiedAddresses: number;
        modifiedUsers: number;
        modifiedDkim: number;
        modifiedAliases: number;
      };
    };
  };
  '/users/{user}/addressregister': {
    /** Find addresses that a user has written to. */
    get: {
      input: {
        user: string;
        query: string;
        limit?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: { success: true; results: { id: string; name: string; address: string; disabled: boolean }[] };
    };
  };
  '/users/{user}/addressregister/{id}': {
    /** Say whether an address is offered. */
    put: {
      input: { user: string; id: string; sess?: string | undefined; ip?: string | undefined; disabled: boolean };
      output: { success: true };
    };
  };
  '/addresses/forwarded': {
    /** Make an address that only forwards. */
    post: {
      input: {
        sess?: string | undefined;
        ip?: string | undefined;
        address: string;
        targets: string[];
        name?: string | undefined;
        forwards?: number | undefined;
        allowWildcard?: boolean | undefined;
        autoreply?: unknown | undefined;
        forwardedDisabled?: boolean | undefined;
        tags?: string[] | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
        internalData?: { [name: string]: unknown } | string | undefined;
      };
      output: { success: true; id: string };
    };
  };
  '/addresses/forwarded/{id}': {
    /** Change an address that only forwards. */
    put: {
      input: {
        id: string;
        sess?: string | undefined;
        ip?: string | undefined;
        address?: string | undefined;
        targets?: string[] | undefined;
        name?: string | undefined;
        forwards?: number | undefined;
        allowWildcard?: boolean | undefined;
        autoreply?: unknown | undefined;
        forwardedDisabled?: boolean | undefined;
        tags?: string[] | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
        internalData?: { [name: string]: unknown } | string | undefined;
      };
      output: { success: true };
    };
  };
  '/addresses/forwarded/{address}': {
    /** Tell of an address that only forwards. */
    get: {
      input: { address: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        id: string;
        address: string;
        name: string;
        targets: string[];
        limits: { forwards: { allowed: number } };
        tags: string[];
        forwardedDisabled: boolean;
        metaData: unknown;
      };
    };
    /** Delete an address that only forwards. */
    delete: {
      input: { address: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true };
    };
  };
  '/domainaliases': {
    /** List domains that are aliases. */
    get: {
      input: {
        query?: string | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        query?: string | undefined;
        results: { id: string; alias: string; domain: string }[];
      };
    };
    /** Make a domain an alias of another one. */
    post: {
      input: { sess?: string | undefined; ip?: string | undefined; alias: string; domain: string };
      output: { success: true; id: string };
    };
  };
  '/domainaliases/resolve/{alias}': {
    /** Find the ID of an alias. */
    get: {
      input: { alias: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; id: string };
    };
  };
  '/domainaliases/{alias}': {
    /** Tell of an alias. */
    get: {
      input: { alias: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; id: string; alias: string; domain: string };
    };
    /** Make a domain no alias any more. */
    delete: { input: { alias: string; sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/users/{user}/mailboxes': {
    /** List the mailboxes of a user. */
    get: {
      input: {
        user: string;
        specialUse?: boolean | undefined;
        showHidden?: boolean | undefined;
        counters?: boolean | undefined;
        sizes?: boolean | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: { success: true; results: Mailbox[] };
    };
    /** Make a mailbox. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        path: string;
        hidden?: boolean | undefined;
        encryptMessages?: boolean | undefined;
        retention?: number | undefined;
      };
      output: { success: true; id: string };
    };
  };
  '/users/{user}/mailboxes/{mailbox}': {
    /** Tell of a mailbox. */
    get: {
      input: {
        user: string;
        mailbox: string;
        path?: string | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        id: string;
        name: string;
        path: string;
        specialUse: unknown;
        modifyIndex: number;
        subscribed: boolean;
        hidden: boolean;
        encryptMessages: boolean;
        retention?: number | undefined;
        total?: number | undefined;
        unseen?: number | undefined;
        size?: number | undefined;
      };
    };
    /** Change a mailbox. */
    put: {
      input: {
        user: string;
        mailbox: string;
        sess?: string | undefined;
        ip?: string | undefined;
        path?: string | undefined;
        retention?: number | undefined;
        subscribed?: boolean | undefined;
        hidden?: boolean | undefined;
        encryptMessages?: boolean | undefined;
      };
      output: { success: true };
    };
    /** Delete a mailbox with its messages. */
    delete: {
      input: { user: string; mailbox: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true };
    };
  };
  '/users/{user}/mailboxes/{mailbox}/messages': {
    /** List the messages of a mailbox. */
    get: {
      input: {
        user: string;
        mailbox: string;
        unseen?: boolean | undefined;
        order?: 'asc' | 'desc' | undefined;
        includeHeaders?: string | undefined;
        metaData?: boolean | undefined;
        collapseThreads?: boolean | undefined;
        threadCounters?: boolean | undefined;
        includeHasDrafts?: boolean | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        specialUse: unknown;
        results: ListedMessage[];
      };
    };
    /** Change several messages. */
    put: {
      input: {
        user: string;
        mailbox: string;
        sess?: string | undefined;
        ip?: string | undefined;
        message: string;
        updateThread?: boolean | undefined;
        moveTo?: string | undefined;
        seen?: boolean | undefined;
        flagged?: boolean | undefined;
        draft?: boolean | undefined;
        deleted?: boolean | undefined;
        answered?: boolean | undefined;
        addKeywords?: string[] | undefined;
        removeKeywords?: string[] | undefined;
        addLabels?: string[] | undefined;
        removeLabels?: string[] | undefined;
        expires?: false | string | undefined;
        markHam?: boolean | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
      };
      output: { success: true; id: [number, number][]; mailbox: string; updated: number };
    };
    /** Remove all messages from a mailbox. */
    delete: {
      input: {
        user: string;
        mailbox: string;
        async?: boolean | undefined;
        skipArchive?: boolean | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: { success: true; deleted: number; errors: number };
    };
    /** Put a message into a mailbox. */
    post: {
      input: {
        user: string;
        mailbox: string;
        date?: string | string | undefined;
        unseen?: boolean | undefined;
        flagged?: boolean | undefined;
        draft?: boolean | undefined;
        keywords?: string[] | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
        raw?: string | undefined;
        from?: GivenAddress | undefined;
        replyTo?: GivenAddress | GivenAddress[] | undefined;
        to?: GivenAddress[] | undefined;
        cc?: GivenAddress[] | undefined;
        bcc?: GivenAddress[] | undefined;
        headers?: { key: string; value: string }[] | { [name: string]: string } | undefined;
        subject?: string | undefined;
        text?: string | undefined;
        html?: string | undefined;
        attachments?:
          | {
              filename?: string | undefined;
              contentType?: string | undefined;
              encoding?: string | undefined;
              contentTransferEncoding?: 'base64' | 'quoted-printable' | '7bit' | undefined;
              content: string;
              cid?: string | undefined;
              contentDisposition?: 'inline' | 'attachment' | undefined;
            }[]
          | undefined;
        files?: string[] | undefined;
        reference?: Reference | undefined;
        replacePrevious?: { mailbox: string; id: number } | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
      };
      output: {
        success: true;
        message: { id: number; mailbox: string; size: number };
        previousDeleted?: boolean | undefined;
        previous?: { id: number; mailbox: string } | undefined;
      };
    };
  };
  '/users/{user}/mailboxes/{mailbox}/messages/{message}': {
    /** Tell of a message, with its text. */
    get: {
      input: {
        user: string;
        mailbox: string;
        message: number;
        markAsSeen?: boolean | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        id: number;
        mailbox: string;
        thread: string;
        from?: MessageAddress | undefined;
        to: MessageAddress[];
        cc: MessageAddress[];
        bcc: MessageAddress[];
        messageId: string;
        subject: string;
        date: string;
        idate: string;
        size: number;
        seen: boolean;
        deleted: boolean;
        flagged: boolean;
        draft: boolean;
        answered: boolean;
        forwarded: boolean;
        encrypted: boolean;
        keywords: string[];
        modifyIndex: number;
        references: string[];
        contentType: { value: string; params: { [name: string]: string } };
        metaData?: unknown | undefined;
        user: string;
        envelope: { from: string; rcpt: { value: string; formatted: string }[] };
        replyTo?: MessageAddress[] | undefined;
        inReplyTo?: string | undefined;
        list?: { id: string; unsubscribe: string } | undefined;
        text: string;
        html: string[];
        attachments: {
          id: string;
          hash?: string | undefined;
          filename: string;
          contentType: string;
          disposition: string;
          transferEncoding: string;
          related: boolean;
          sizeKb: number;
          cid?: string | undefined;
        }[];
      };
    };
    /** Change messages. */
    put: {
      input: {
        user: string;
        mailbox: string;
        message: string;
        sess?: string | undefined;
        ip?: string | undefined;
        updateThread?: boolean | undefined;
        moveTo?: string | undefined;
        seen?: boolean | undefined;
        flagged?: boolean | undefined;
        draft?: boolean | undefined;
        deleted?: boolean | undefined;
        answered?: boolean | undefined;
        addKeywords?: string[] | undefined;
        removeKeywords?: string[] | undefined;
        addLabels?: string[] | undefined;
        removeLabels?: string[] | undefined;
        expires?: false | string | undefined;
        markHam?: boolean | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
      };
      output: { success: true; id: [number, number][]; mailbox: string; updated: number };
    };
    /** Remove a message from its mailbox. */
    delete: {
      input: { user: string; mailbox: string; message: number; sess?: string | undefined; ip?: string | undefined };
      output: { success: true };
    };
  };
  '/users/{user}/mailboxes/{mailbox}/messages/{message}/message.eml': {
    /** Load the octets of a message. */
    get: {
      input: { user: string; mailbox: string; message: number; sess?: string | undefined; ip?: string | undefined };
      output: never;
    };
  };
  '/users/{user}/mailboxes/{mailbox}/messages/{message}/attachments/{attachment}': {
    /** Load an attachment. */
    get: {
      input: {
        user: string;
        mailbox: string;
        message: number;
        attachment: string;
        sendAsString?: boolean | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: never;
    };
  };
  '/users/{user}/search': {
    /** Look for messages. */
    get: {
      input: {
        user: string;
        q?: string | undefined;
        mailbox?: string | undefined;
        thread?: string | undefined;
        query?: string | undefined;
        datestart?: string | string | undefined;
        dateend?: string | string | undefined;
        from?: string | undefined;
        to?: string | undefined;
        subject?: string | undefined;
        minSize?: number | undefined;
        maxSize?: number | undefined;
        attachments?: boolean | undefined;
        flagged?: boolean | undefined;
        unseen?: boolean | undefined;
        searchable?: boolean | undefined;
        order?: 'asc' | 'desc' | undefined;
        includeHeaders?: string | undefined;
        collapseThreads?: boolean | undefined;
        threadCounters?: boolean | undefined;
        includeHasDrafts?: boolean | undefined;
        snippets?: boolean | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        query: string;
        results: {
          id: number;
          mailbox: string;
          thread: string;
          from?: MessageAddress | undefined;
          to: MessageAddress[];
          cc: MessageAddress[];
          bcc: MessageAddress[];
          messageId: string;
          subject: string;
          date: string;
          idate: string;
          size: number;
          seen: boolean;
          deleted: boolean;
          flagged: boolean;
          draft: boolean;
          answered: boolean;
          forwarded: boolean;
          encrypted: boolean;
          keywords: string[];
          modifyIndex: number;
          references: string[];
          contentType: { value: string; params: { [name: string]: string } };
          metaData?: unknown | undefined;
          intro: string;
          attachments: boolean;
          threadMessageCount?: number | undefined;
          hasDrafts?: boolean | undefined;
          headers?: { [name: string]: string | string[] } | undefined;
          snippet?: string | undefined;
        }[];
      };
    };
    /** Change all messages that are found. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        q?: string | undefined;
        mailbox?: string | undefined;
        thread?: string | undefined;
        query?: string | undefined;
        datestart?: string | string | undefined;
        dateend?: string | string | undefined;
        from?: string | undefined;
        to?: string | undefined;
        subject?: string | undefined;
        minSize?: number | undefined;
        maxSize?: number | undefined;
        attachments?: boolean | undefined;
        flagged?: boolean | undefined;
        unseen?: boolean | undefined;
        searchable?: boolean | undefined;
        action: {
          moveTo?: string | undefined;
          seen?: boolean | undefined;
          flagged?: boolean | undefined;
          addKeywords?: string[] | undefined;
          removeKeywords?: string[] | undefined;
          addLabels?: string[] | undefined;
          removeLabels?: string[] | undefined;
        };
        limit?: number | undefined;
      };
      output: { success: true; scheduled: string; existing: boolean; updated: number };
    };
  };
  '/users/{user}/submit': {
    /** Send a message. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        mailbox?: string | undefined;
        from?: GivenAddress | undefined;
        replyTo?: GivenAddress | GivenAddress[] | undefined;
        to?: GivenAddress[] | undefined;
        cc?: GivenAddress[] | undefined;
        bcc?: GivenAddress[] | undefined;
        headers?: { key: string; value: string }[] | { [name: string]: string } | undefined;
        subject?: string | undefined;
        text?: string | undefined;
        html?: string | undefined;
        attachments?:
          | {
              filename?: string | undefined;
              contentType?: string | undefined;
              encoding?: string | undefined;
              contentTransferEncoding?: 'base64' | 'quoted-printable' | '7bit' | undefined;
              content: string;
              cid?: string | undefined;
              contentDisposition?: 'inline' | 'attachment' | undefined;
            }[]
          | undefined;
        files?: string[] | undefined;
        reference?: Reference | undefined;
        draft?: { mailbox: string; id: number } | undefined;
        envelope?: GivenEnvelope | undefined;
        isDraft?: boolean | undefined;
        uploadOnly?: boolean | undefined;
        sendTime?: string | string | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
      };
      output: {
        success: true;
        message: {
          mailbox?: string | undefined;
          id?: number | undefined;
          queueId?: string | undefined;
          messageId?: string | undefined;
          size?: number | undefined;
        };
      };
    };
  };
  '/users/{user}/mailboxes/{mailbox}/messages/{message}/submit': {
    /** Send a draft. */
    post: {
      input: {
        user: string;
        mailbox: string;
        message: number;
        sess?: string | undefined;
        ip?: string | undefined;
        sendTime?: string | string | undefined;
        envelope?: GivenEnvelope | undefined;
        deleteFiles?: boolean | undefined;
      };
      output: {
        success: true;
        message: {
          mailbox?: string | undefined;
          id?: number | undefined;
          queueId?: string | undefined;
          messageId?: string | undefined;
          size?: number | undefined;
        };
        queueId: string;
      };
    };
  };
  '/users/{user}/mailboxes/{mailbox}/messages/{message}/forward': {
    /** Send a stored message on as it is. */
    post: {
      input: {
        user: string;
        mailbox: string;
        message: number;
        sess?: string | undefined;
        ip?: string | undefined;
        target?: number | undefined;
        addresses?: string[] | undefined;
      };
      output: { success: true; queueId: string; forwarded: { seq: string; type: string; value: string }[] };
    };
  };
  '/users/{user}/outbound/{queueId}': {
    /** Take back a message that was not sent yet. */
    delete: {
      input: { user: string; queueId: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true };
    };
  };
  '/users/{user}/archived/messages': {
    /** List messages that can be restored. */
    get: {
      input: {
        user: string;
        order?: 'asc' | 'desc' | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        results: ArchivedMessage[];
      };
    };
  };
  '/users/{user}/archived/restore': {
    /** Restore messages that were removed within a time. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        start: string | string;
        end: string | string;
      };
      output: { success: true; restored: number };
    };
  };
  '/users/{user}/archived/messages/{message}/restore': {
    /** Restore a message. */
    post: {
      input: {
        user: string;
        message: string;
        sess?: string | undefined;
        ip?: string | undefined;
        mailbox?: string | undefined;
      };
      output: { success: true; mailbox: string; id: number };
    };
  };
  '/filters': {
    /** List the filters of all users. */
    get: {
      input: {
        forward?: string | undefined;
        metaData?: boolean | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        results: {
          id: string;
          name: string;
          created: string;
          disabled: boolean;
          metaData?: unknown | undefined;
          query: string[][];
          action: string[][];
          targets?: string[] | undefined;
          conditions: unknown;
          user: string;
        }[];
      };
    };
  };
  '/users/{user}/filters': {
    /** List the filters of a user, in the order in which they are looked at. */
    get: {
      input: { user: string; metaData?: boolean | undefined; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        limits: { allowed: number; used: number };
        results: {
          id: string;
          name: string;
          created: string;
          disabled: boolean;
          metaData?: unknown | undefined;
          query: string[][];
          action: string[][];
          targets?: string[] | undefined;
          conditions: unknown;
        }[];
      };
    };
    /** Make a filter. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        name?: string | undefined;
        query?: FilterQuery | undefined;
        conditions?: { [name: string]: unknown } | undefined;
        action?: FilterAction | undefined;
        disabled?: boolean | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
      };
      output: { success: true; id: string };
    };
  };
  '/users/{user}/filters/{filter}': {
    /** Tell of a filter. */
    get: {
      input: { user: string; filter: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        id: string;
        name: string;
        created: string;
        disabled: boolean;
        metaData?: unknown | undefined;
        query: unknown;
        action: unknown;
        conditions: unknown;
      };
    };
    /** Change a filter. */
    put: {
      input: {
        user: string;
        filter: string;
        sess?: string | undefined;
        ip?: string | undefined;
        name?: string | undefined;
        query?: FilterQuery | undefined;
        conditions?: { [name: string]: unknown } | undefined;
        action?: FilterAction | undefined;
        disabled?: boolean | undefined;
        metaData?: { [name: string]: unknown } | string | undefined;
      };
      output: { success: true };
    };
    /** Delete a filter. */
    delete: {
      input: { user: string; filter: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true };
    };
  };
  '/domainaccess/{tag}/allow': {
    /** List the domains that are allowed for a tag. */
    get: {
      input: { tag: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; results: { id: string; domain: string; action: 'allow' | 'block' }[] };
    };
    /** Have a domain allowed for a tag. */
    post: {
      input: { tag: string; sess?: string | undefined; ip?: string | undefined; domain: string };
      output: { success: true; id: string };
    };
  };
  '/domainaccess/{tag}/block': {
    /** List the domains that are blocked for a tag. */
    get: {
      input: { tag: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; results: { id: string; domain: string; action: 'allow' | 'block' }[] };
    };
    /** Have a domain blocked for a tag. */
    post: {
      input: { tag: string; sess?: string | undefined; ip?: string | undefined; domain: string };
      output: { success: true; id: string };
    };
  };
  '/domainaccess/{domain}': {
    /** Take a domain off its list. */
    delete: {
      input: { domain: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true };
    };
  };
  '/users/{user}/autoreply': {
    /** Tell of the automatic reply of a user. */
    get: {
      input: { user: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        status: boolean;
        name: string;
        subject: string;
        text: string;
        html: string;
        start: false | string;
        end: false | string;
      };
    };
    /** Change the automatic reply of a user. */
    put: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        status?: boolean | undefined;
        name?: string | undefined;
        subject?: string | undefined;
        text?: string | undefined;
        html?: string | undefined;
        start?: false | '' | string | string | undefined;
        end?: false | '' | string | string | undefined;
      };
      output: { success: true };
    };
    /** Forget the automatic reply of a user. */
    delete: { input: { user: string; sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/dkim': {
    /** List keys. */
    get: {
      input: {
        query?: string | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        query?: string | undefined;
        results: {
          id: string;
          domain: string;
          selector: string;
          description: string;
          fingerprint: string;
          created: string;
          active: boolean;
          algorithm: string;
        }[];
      };
    };
    /** Give a domain a key to sign with. */
    post: {
      input: {
        sess?: string | undefined;
        ip?: string | undefined;
        domain: string;
        selector: string;
        privateKey?: string | undefined;
        algorithm?: 'rsa-sha256' | 'ed25519-sha256' | undefined;
        description?: string | undefined;
      };
      output: {
        success: true;
        id: string;
        domain: string;
        selector: string;
        description: string;
        fingerprint: string;
        created: string;
        active: boolean;
        algorithm: string;
        publicKey: string;
        dnsTxt: { name: string; value: string };
      };
    };
  };
  '/dkim/resolve/{domain}': {
    /** Find the ID of the key that a domain signs with. */
    get: {
      input: { domain: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; id: string };
    };
  };
  '/dkim/{dkim}': {
    /** Tell of a key, and what to publish of it. */
    get: {
      input: { dkim: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        id: string;
        domain: string;
        selector: string;
        description: string;
        fingerprint: string;
        created: string;
        active: boolean;
        algorithm: string;
        publicKey: string;
        dnsTxt: { name: string; value: string };
      };
    };
    /** Delete a key. */
    delete: { input: { dkim: string; sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/preauth': {
    /** Ask whether a user can log in. */
    post: {
      input: {
        sess?: string | undefined;
        ip?: string | undefined;
        username: string;
        scope?: 'master' | 'imap' | 'pop3' | 'smtp' | 'jmap' | undefined;
      };
      output: {
        success: true;
        id: string;
        username: string;
        address: string;
        scope: string;
        require2fa: false | string[];
      };
    };
  };
  '/authenticate': {
    /** Log a user in. */
    post: {
      input: {
        sess?: string | undefined;
        ip?: string | undefined;
        username: string;
        password: string;
        protocol?: string | undefined;
        scope?: 'master' | 'imap' | 'pop3' | 'smtp' | 'jmap' | undefined;
        appId?: string | undefined;
        token?: boolean | undefined;
      };
      output: {
        success: true;
        id: string;
        username: string;
        address: string;
        scope: string;
        require2fa: false | string[];
        requirePasswordChange: boolean;
        token?: string | undefined;
        twoFactorNonce?: string | undefined;
        totpNonce?: string | undefined;
      };
    };
    /** Take the token back that this is asked with. */
    delete: { input: { sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/authenticated': {
    /** Ask whose the token is. */
    get: {
      input: { sess?: string | undefined; ip?: string | undefined };
      output: { success: true; user: false | string; role: string };
    };
  };
  '/users/{user}/authlog': {
    /** List who has tried to log in. */
    get: {
      input: {
        user: string;
        action?: string | undefined;
        filterip?: string | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        action?: string | undefined;
        results: LoginEvent[];
      };
    };
  };
  '/users/{user}/authlog/{event}': {
    /** Tell of one event. */
    get: {
      input: { user: string; event: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        id: string;
        action: string;
        result: string;
        protocol: string;
        requiredScope: string;
        sess?: string | undefined;
        ip: string;
        created: string;
        source?: string | undefined;
        asp?: string | undefined;
        credential?: string | undefined;
        events: number;
      };
    };
  };
  '/users/{user}/logout': {
    /** End all sessions of a user. */
    put: {
      input: { user: string; sess?: string | undefined; ip?: string | undefined; reason?: string | undefined };
      output: { success: true };
    };
  };
  '/users/{user}/asps': {
    /** List app passwords. */
    get: {
      input: { user: string; showAll?: boolean | undefined; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        results: {
          id: string;
          description: string;
          scopes: string[];
          lastUse: { time: false | string; event?: string | undefined };
          created: string;
          expires?: string | undefined;
        }[];
      };
    };
    /** Make an app password. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        description: string;
        scopes?: string[] | undefined;
        networks?: string[] | undefined;
        ttl?: number | undefined;
        generateMobileconfig?: boolean | undefined;
        address?: string | undefined;
        password?: string | undefined;
      };
      output: { success: true; id: string; password: string };
    };
  };
  '/users/{user}/asps/{asp}': {
    /** Tell of an app password. */
    get: {
      input: { user: string; asp: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        id: string;
        description: string;
        scopes: string[];
        lastUse: { time: false | string; event?: string | undefined };
        created: string;
        expires?: string | undefined;
      };
    };
    /** Take an app password back. */
    delete: {
      input: { user: string; asp: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true };
    };
  };
  '/users/{user}/2fa/totp/setup': {
    /** Begin to switch one-time passwords on. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        label?: string | undefined;
        issuer?: string | undefined;
        fresh?: boolean | undefined;
      };
      output: { success: true; seed: string; qrcode: string; dataUrl: string };
    };
  };
  '/users/{user}/2fa/totp/enable': {
    /** Switch one-time passwords on. */
    post: {
      input: { user: string; sess?: string | undefined; ip?: string | undefined; token: string };
      output: { success: true };
    };
  };
  '/users/{user}/2fa/totp/check': {
    /** Compare a one-time password. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        token: string;
        totpNonce?: string | undefined;
        twoFactorNonce?: string | undefined;
        requestToken?: boolean | undefined;
      };
      output: { success: true; id?: string | undefined; token?: string | undefined };
    };
  };
  '/users/{user}/2fa/totp': {
    /** Switch one-time passwords off. */
    delete: { input: { user: string; sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/users/{user}/2fa': {
    /** Switch all second factors off. */
    delete: { input: { user: string; sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/users/{user}/2fa/custom': {
    /** Say that a user has a second factor of yours. */
    put: { input: { user: string; sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
    /** Say that a user has no second factor of yours. */
    delete: { input: { user: string; sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/users/{user}/2fa/recovery-codes': {
    /** Make ten recovery codes. */
    post: {
      input: { user: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; codes: string[] };
    };
  };
  '/users/{user}/2fa/recovery-codes/check': {
    /** End a login with a recovery code. */
    post: {
      input: { user: string; sess?: string | undefined; ip?: string | undefined; code: string; twoFactorNonce: string };
      output: { success: true; id: string; token?: string | undefined };
    };
  };
  '/users/{user}/2fa/webauthn/credentials': {
    /** List security keys. */
    get: {
      input: { user: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        credentials: {
          id: string;
          description: string;
          authenticatorAttachment: string;
          passkey: boolean;
          created: string;
        }[];
      };
    };
  };
  '/users/{user}/2fa/webauthn/credentials/{credential}': {
    /** Take a security key back. */
    delete: {
      input: { user: string; credential: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; deleted: boolean };
    };
  };
  '/users/{user}/2fa/webauthn/registration-challenge': {
    /** Begin to register a security key. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        description: string;
        origin?: string | undefined;
        authenticatorAttachment?: 'platform' | 'cross-platform' | undefined;
        rpId?: string | undefined;
      };
      output: { success: true; registrationOptions: { [name: string]: unknown } };
    };
  };
  '/users/{user}/2fa/webauthn/registration-attestation': {
    /** Register a security key. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        challenge: string;
        rawId: string;
        clientDataJSON: string;
        attestationObject: string;
        description?: string | undefined;
        rpId?: string | undefined;
      };
      output: { success: true; response: { id: string; description: string } };
    };
  };
  '/users/{user}/2fa/webauthn/authentication-challenge': {
    /** Ask for the answer of a security key. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        twoFactorNonce: string;
        origin?: string | undefined;
        authenticatorAttachment?: 'platform' | 'cross-platform' | undefined;
        rpId?: string | undefined;
      };
      output: { success: true; authenticationOptions: { [name: string]: unknown } };
    };
  };
  '/users/{user}/2fa/webauthn/authentication-assertion': {
    /** End a login with a security key. */
    post: {
      input: {
        user: string;
        sess?: string | undefined;
        ip?: string | undefined;
        twoFactorNonce: string;
        challenge: string;
        rawId: string;
        clientDataJSON: string;
        authenticatorData: string;
        signature: string;
        rpId?: string | undefined;
        token?: boolean | undefined;
      };
      output: { success: true; id: string; token?: string | undefined };
    };
  };
  '/users/{user}/storage': {
    /** Upload a file. */
    post: {
      input: {
        user: string;
        filename?: string | undefined;
        contentType?: string | undefined;
        cid?: string | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
        content?: string | undefined;
        encoding?: 'base64' | 'hex' | 'utf8' | undefined;
      };
      output: { success: true; id: string };
    };
    /** List files. */
    get: {
      input: {
        user: string;
        query?: string | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        query?: string | undefined;
        results: StoredFile[];
      };
    };
  };
  '/users/{user}/storage/{file}': {
    /** Load a file. */
    get: { input: { user: string; file: string; sess?: string | undefined; ip?: string | undefined }; output: never };
    /** Delete a file. */
    delete: {
      input: { user: string; file: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true };
    };
  };
  '/audit': {
    /** Begin an audit. */
    post: {
      input: {
        sess?: string | undefined;
        ip?: string | undefined;
        user: string;
        start?: string | string | undefined;
        end?: string | string | undefined;
        expires: string | string;
        notes?: string | undefined;
        tags?: string[] | undefined;
        meta?: unknown | undefined;
      };
      output: { success: true; id: string };
    };
  };
  '/audit/{audit}': {
    /** Tell of an audit. */
    get: {
      input: { audit: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        id: string;
        user: string;
        start: unknown;
        end: unknown;
        expires: unknown;
        notes: string;
        created: string;
      };
    };
    /** End an audit. */
    delete: { input: { audit: string; sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/audit/{audit}/export.mbox': {
    /** Load all mail of an audit. */
    get: { input: { audit: string; sess?: string | undefined; ip?: string | undefined }; output: never };
  };
  '/data/export': {
    /** Load users with their mail as a file. */
    post: {
      input: {
        sess?: string | undefined;
        ip?: string | undefined;
        users?: string[] | undefined;
        tags?: string[] | undefined;
      };
      output: never;
    };
  };
  '/data/import': {
    /** Bring in users of a file. */
    post: {
      input: { sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        entries: number;
        imported: number;
        failed: number;
        existing: number;
        messages: number;
        octets: number;
        reasons: { id: string; username: string; error: string }[];
      };
    };
  };
  '/certs': {
    /** List certificates. */
    get: {
      input: {
        query?: string | undefined;
        altNames?: unknown | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        query?: string | undefined;
        results: {
          id: string;
          servername: string;
          description: string;
          fingerprint: string;
          expires: string;
          altNames: string[];
          acme: boolean;
          created: string;
        }[];
      };
    };
    /** Set the certificate of a name. */
    post: {
      input: {
        sess?: string | undefined;
        ip?: string | undefined;
        servername: string;
        privateKey?: string | undefined;
        cert?: string | undefined;
        ca?: string[] | undefined;
        description?: string | undefined;
        acme?: boolean | undefined;
      };
      output: {
        success: true;
        id: string;
        servername: string;
        description: string;
        fingerprint: string;
        expires: string;
        altNames: string[];
        acme: boolean;
        created: string;
      };
    };
  };
  '/certs/resolve/{servername}': {
    /** Find the certificate that a name is served with. */
    get: {
      input: { servername: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; id: string };
    };
  };
  '/certs/{cert}': {
    /** Tell of a certificate. */
    get: {
      input: { cert: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        id: string;
        servername: string;
        description: string;
        fingerprint: string;
        expires: string;
        altNames: string[];
        acme: boolean;
        created: string;
      };
    };
    /** Forget a certificate and its key. */
    delete: { input: { cert: string; sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/webhooks': {
    /** List webhooks. */
    get: {
      input: {
        type?: string | undefined;
        user?: string | undefined;
        limit?: number | undefined;
        next?: string | undefined;
        previous?: string | undefined;
        page?: number | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        total: number;
        page: number;
        previousCursor: false | string;
        nextCursor: false | string;
        results: {
          id: string;
          type: string[];
          user: unknown;
          url: string;
          created: string;
          signed: boolean;
          position: string;
          failures: number;
          failingSince: unknown;
          error: unknown;
          nextTry: unknown;
          disabled: 'asked' | 'gone' | 'letters' | null;
        }[];
      };
    };
    /** Make a webhook. */
    post: {
      input: {
        sess?: string | undefined;
        ip?: string | undefined;
        type: string[] | string;
        user?: string | undefined;
        url: string;
        after?: string | undefined;
      };
      output: { success: true; id: string; secret?: string | undefined };
    };
  };
  '/webhooks/{webhook}': {
    /** Tell of a webhook, and how it fares. */
    get: {
      input: { webhook: string; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        id: string;
        type: string[];
        user: unknown;
        url: string;
        created: string;
        signed: boolean;
        position: string;
        failures: number;
        failingSince: unknown;
        error: unknown;
        nextTry: unknown;
        disabled: 'asked' | 'gone' | 'letters' | null;
      };
    };
    /** Change a webhook. */
    put: {
      input: {
        webhook: string;
        sess?: string | undefined;
        ip?: string | undefined;
        type?: string[] | string | undefined;
        user?: string | null | undefined;
        url?: string | undefined;
        disabled?: boolean | undefined;
      };
      output: { success: true };
    };
    /** Forget a webhook, and what it did not take. */
    delete: {
      input: { webhook: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true };
    };
  };
  '/webhooks/{webhook}/secret': {
    /** Make another secret. */
    post: {
      input: { webhook: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; secret: string };
    };
  };
  '/webhooks/{webhook}/replay': {
    /** Tell a webhook again what came after a position. */
    post: {
      input: { webhook: string; sess?: string | undefined; ip?: string | undefined; after: string };
      output: { success: true };
    };
  };
  '/webhooks/{webhook}/letters': {
    /** List the events that a webhook did not take. */
    get: {
      input: {
        webhook: string;
        limit?: number | undefined;
        next?: string | undefined;
        sess?: string | undefined;
        ip?: string | undefined;
      };
      output: {
        success: true;
        nextCursor: false | string;
        results: {
          id: string;
          event: { [name: string]: unknown };
          tries: number;
          error: string;
          created: string;
          nextTry: unknown;
        }[];
      };
    };
  };
  '/webhooks/{webhook}/letters/resend': {
    /** Post dead letters once more. */
    post: {
      input: { webhook: string; sess?: string | undefined; ip?: string | undefined; letters?: string[] | undefined };
      output: { success: true; letters: number };
    };
  };
  '/webhooks/{webhook}/letters/discard': {
    /** Throw away events that a webhook did not take. */
    post: {
      input: { webhook: string; sess?: string | undefined; ip?: string | undefined; letters?: string[] | undefined };
      output: { success: true; letters: number };
    };
  };
  '/settings': {
    /** List settings. */
    get: {
      input: { filter?: string | undefined; sess?: string | undefined; ip?: string | undefined };
      output: {
        success: true;
        filter: false | string;
        settings: {
          key: string;
          name: string;
          description: string;
          type: string;
          value: number;
          default: number;
          custom: boolean;
        }[];
      };
    };
  };
  '/settings/{key}': {
    /** Tell the value of a setting. */
    get: {
      input: { key: string; sess?: string | undefined; ip?: string | undefined };
      output: { success: true; key: string; value: number };
    };
    /** Change a setting. */
    post: {
      input: { key: string; sess?: string | undefined; ip?: string | undefined; value: number | string | null };
      output: { success: true; key: string };
    };
  };
  '/health': {
    /** Ask whether requests can be answered. */
    get: { input: { sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/health/ready': {
    /** Ask whether the database and the attachments can be read. */
    get: { input: { sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/health/live': {
    /** Ask whether the process lives. */
    get: { input: { sess?: string | undefined; ip?: string | undefined }; output: { success: true } };
  };
  '/metrics': {
    /** Read counters, as Prometheus does. */
    get: { input: { sess?: string | undefined; ip?: string | undefined }; output: never };
  };
}
