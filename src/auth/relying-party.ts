/** Whom keys take the store for, checked when the store is opened. */

import { EiderError } from '../errors.ts';
import type { RelyingParty } from '../model/security-key.ts';

const DOMAIN = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const MAX_ORIGINS = 100;
const ANDROID = /^android:apk-key-hash:[\w-]{43}$/;

/** @throws `INVALID_ARGUMENT` when no key could ever answer it. */
export function requireRelyingParty({ id, name, origins, appId }: RelyingParty): void {
  if (!DOMAIN.test(id)) throw invalid('the id of the relying party is a domain in lower case');
  if (name === '') throw invalid('the relying party has a name');
  if (origins.length < 1 || origins.length > MAX_ORIGINS || !origins.every(isOrigin)) {
    throw invalid('the origins of the relying party are such as https://mail.example.org, without a path');
  }
  if (appId !== undefined && !isAppId(appId)) throw invalid('the application id is an https URL');
}

function isOrigin(origin: string): boolean {
  if (ANDROID.test(origin)) return true;
  const url = parsed(origin);
  // Browsers have WebAuthn on secure pages alone, and on those of the machine itself.
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && /(?:^|\.)localhost$/.test(url.hostname));
  return secure && url?.origin === origin;
}

function isAppId(appId: string): boolean {
  return parsed(appId)?.protocol === 'https:';
}

function parsed(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function invalid(message: string): EiderError {
  return new EiderError('INVALID_ARGUMENT', message);
}
