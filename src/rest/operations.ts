/** All operations of the API, in the order in which they are told. */

import { addressRegisterOperations } from './groups/address-register.ts';
import { addressOperations } from './groups/addresses.ts';
import { appPasswordOperations } from './groups/app-passwords.ts';
import { archiveOperations } from './groups/archive.ts';
import { auditOperations } from './groups/audit.ts';
import { authenticationOperations } from './groups/authentication.ts';
import { replyAndKeyOperations } from './groups/autoreply-and-dkim.ts';
import { certificateOperations } from './groups/certificates.ts';
import { dataOperations } from './groups/data.ts';
import { domainAccessOperations } from './groups/domain-access.ts';
import { filterOperations } from './groups/filters.ts';
import { forwardedOperations } from './groups/forwarded-addresses.ts';
import { healthOperations } from './groups/health.ts';
import { mailboxOperations } from './groups/mailboxes.ts';
import { uploadOperations } from './groups/message-upload.ts';
import { messageOperations } from './groups/messages.ts';
import { quotaOperations } from './groups/quotas.ts';
import { searchOperations } from './groups/search.ts';
import { secondFactorOperations } from './groups/second-factors.ts';
import { securityKeyOperations } from './groups/security-keys.ts';
import { settingOperations } from './groups/settings.ts';
import { storageOperations } from './groups/storage.ts';
import { submissionOperations } from './groups/submission.ts';
import { updateOperations } from './groups/updates.ts';
import { userOperations } from './groups/users.ts';
import { webhookOperations } from './groups/webhooks.ts';
import type { Operation } from './operation.ts';

/** Every operation. */
export const OPERATIONS: readonly Operation[] = [
  ...userOperations,
  ...quotaOperations,
  ...updateOperations,
  ...addressOperations,
  ...addressRegisterOperations,
  ...forwardedOperations,
  ...mailboxOperations,
  ...messageOperations,
  ...uploadOperations,
  ...searchOperations,
  ...submissionOperations,
  ...archiveOperations,
  ...filterOperations,
  ...domainAccessOperations,
  ...replyAndKeyOperations,
  ...authenticationOperations,
  ...appPasswordOperations,
  ...secondFactorOperations,
  ...securityKeyOperations,
  ...storageOperations,
  ...auditOperations,
  ...dataOperations,
  ...certificateOperations,
  ...webhookOperations,
  ...settingOperations,
  ...healthOperations,
];
