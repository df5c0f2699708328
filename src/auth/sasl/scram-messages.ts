/** The messages of a SCRAM client, by the grammar of RFC 5802 section 7. */

import { decodeText } from './decode-text.ts';
import { decodeSaslName } from './sasl-name.ts';

/** The first message. */
export interface ClientFirst {
  /** Everything before the name, as it was sent: it comes back in the last message. */
  readonly gs2Header: string;
  /** `n`: the client cannot bind; `y`: it could, and thinks the server cannot; else the type of binding that it uses. */
  readonly binding: 'n' | 'y' | { readonly type: string };
  readonly authzid: string | null;
  readonly authcid: string;
  readonly nonce: string;
  /** The message after the GS2 header, as it was sent. */
  readonly bare: string;
}

/** The last message. */
export interface ClientFinal {
  /** `c`, in base64 as it was sent. */
  readonly binding: string;
  readonly nonce: string;
  /** 32 octets. */
  readonly proof: Buffer;
  readonly withoutProof: string;
}

const GS2 = /^(?:(n|y)|p=([A-Za-z0-9.-]+)),(?:a=([^,]+))?,/;
const EXTENSIONS = '(?:,[A-Za-z]=[^,\\0]+)*';
const BARE = new RegExp(`^n=([^,\\0]+),r=([!-+\\--~]+)(${EXTENSIONS})$`);
const FINAL = new RegExp(`^(c=([A-Za-z0-9+/]+={0,2}),r=([!-+\\--~]+)(${EXTENSIONS})),p=([A-Za-z0-9+/]{43}=)$`);
const MANDATORY = /(?:^|,)m=/;

/** Reads the first message; `null` for what is none, `extension` when it needs an extension, of which we know none. */
export function parseClientFirst(octets: Buffer): ClientFirst | 'extension' | null {
  const message = decodeText(octets) ?? '';
  const [gs2Header, flag, type, sentAuthzid] = GS2.exec(message) ?? [];
  if (gs2Header === undefined) return null;
  const bare = message.slice(gs2Header.length);
  if (bare.startsWith('m=')) return 'extension';
  const [, name, nonce, extensions] = BARE.exec(bare) ?? [];
  const authcid = name === undefined ? null : decodeSaslName(name);
  const authzid = sentAuthzid === undefined ? null : decodeSaslName(sentAuthzid);
  if (authcid === null || (sentAuthzid !== undefined && authzid === null)) return null;
  if (nonce === undefined || extensions === undefined) return null;
  if (MANDATORY.test(extensions)) return 'extension';
  const binding = type === undefined ? (flag as 'n' | 'y') : { type };
  return { gs2Header, binding, authzid, authcid, nonce, bare };
}

/** Reads the last message; `null` for what is none. */
export function parseClientFinal(octets: Buffer): ClientFinal | null {
  const [, withoutProof, binding, nonce, extensions, proof] = FINAL.exec(decodeText(octets) ?? '') ?? [];
  if (withoutProof === undefined || binding === undefined || nonce === undefined || proof === undefined) return null;
  if (MANDATORY.test(extensions ?? '')) return null;
  return { binding, nonce, proof: Buffer.from(proof, 'base64'), withoutProof };
}
