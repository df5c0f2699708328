/** What browsers send of a key, with every part bounded before anything looks into it. */

import type { KeyResponse } from '../model/security-key.ts';

/** Most characters of an answer's parts, base64url. */
const MAX_CLIENT_DATA = 16_384;
const MAX_ATTESTATION = 65_536;
const MAX_AUTHENTICATOR_DATA = 16_384;
const MAX_SIGNATURE = 16_384;
/** WebAuthn Level 3 section 7.1: an id has at most 1023 octets. */
const MAX_ID = 1_364;
/** 64 octets. */
const MAX_USER_HANDLE = 86;

const BASE64URL = /^[\w-]+$/;
const TRANSPORTS: readonly unknown[] = ['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal'];

interface Parts {
  /** Base64url, as everything that the key and the browser have sent. */
  readonly id: string;
  readonly clientDataJSON: string;
  /** As the browser says. */
  readonly challenge: string;
}

/** The answer of a key that is to be registered. */
export interface CreationAnswer extends Parts {
  readonly attestationObject: string;
  readonly transports: readonly string[];
  /** Whether the browser says that it is a passkey; the key has not signed that. */
  readonly discoverable: boolean;
}

/** The answer of a key that is there. */
export interface AssertionAnswer extends Parts {
  readonly authenticatorData: string;
  readonly signature: string;
  /** Whose the key says it is; `null` when it does not. */
  readonly userHandle: string | null;
}

/** `null`: no browser sends such a thing. */
export function readCreation(response: KeyResponse): CreationAnswer | null {
  const parts = readParts(response, 'webauthn.create');
  if (!parts) return null;
  const inner = recordOf(response.response);
  const attestationObject = base64(inner.attestationObject, MAX_ATTESTATION);
  if (attestationObject === null) return null;
  const { transports } = inner;
  const { rk } = recordOf(recordOf(response.clientExtensionResults).credProps);
  return {
    ...parts,
    attestationObject,
    transports: Array.isArray(transports) ? (TRANSPORTS.filter((one) => transports.includes(one)) as string[]) : [],
    discoverable: rk === true,
  };
}

/** `null`: no browser sends such a thing. */
export function readAssertion(response: KeyResponse): AssertionAnswer | null {
  const parts = readParts(response, 'webauthn.get');
  if (!parts) return null;
  const inner = recordOf(response.response);
  const authenticatorData = base64(inner.authenticatorData, MAX_AUTHENTICATOR_DATA);
  const signature = base64(inner.signature, MAX_SIGNATURE);
  if (authenticatorData === null || signature === null) return null;
  const userHandle = base64(inner.userHandle, MAX_USER_HANDLE);
  return { ...parts, authenticatorData, signature, userHandle: userHandle && textOf(userHandle) };
}

function readParts(response: KeyResponse, type: string): Parts | null {
  const outer = recordOf(response);
  const id = base64(outer.id, MAX_ID);
  const clientDataJSON = base64(recordOf(outer.response).clientDataJSON, MAX_CLIENT_DATA);
  if (id === null || outer.rawId !== id || outer.type !== 'public-key' || clientDataJSON === null) return null;
  const client = clientData(clientDataJSON);
  // Within a page of others, nobody knows what he is asked for: Level 3 sections 7.1 and 7.2 leave it to the service.
  if (client.type !== type || client.crossOrigin === true || client.topOrigin !== undefined) return null;
  return typeof client.challenge === 'string' ? { id, clientDataJSON, challenge: client.challenge } : null;
}

function clientData(encoded: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(textOf(encoded)));
  } catch {
    return {};
  }
}

function base64(value: unknown, max: number): string | null {
  return typeof value === 'string' && value.length <= max && BASE64URL.test(value) ? value : null;
}

function textOf(encoded: string): string {
  return Buffer.from(encoded, 'base64url').toString('utf8');
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
