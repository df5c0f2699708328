/** URLs that events are posted to. */

/** Most characters of one. */
export const MAX_WEBHOOK_URL = 2_048;

/**
 * A URL as it is kept, or what is wrong with it. Whether it leads to where it may is for who posts to it: names may mean
 * other hosts by then.
 */
export function readWebhookUrl(text: string): { readonly href: string } | { readonly fault: string } {
  const url = text.length <= MAX_WEBHOOK_URL && URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return { fault: text.length > MAX_WEBHOOK_URL ? TOO_LONG : 'is no URL of https or http' };
  }
  if (url.username !== '' || url.password !== '') return { fault: 'has a name or a password in the URL' };
  url.hash = '';
  return url.href.length > MAX_WEBHOOK_URL ? { fault: TOO_LONG } : { href: url.href };
}

const TOO_LONG = `has more than ${MAX_WEBHOOK_URL} characters`;
