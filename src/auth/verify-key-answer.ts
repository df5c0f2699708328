/** Verifies what keys have signed, by a library that is loaded when the first key is used. */

import { EiderError } from '../errors.ts';
import type { RelyingParty } from '../model/security-key.ts';
import type { AssertionAnswer, CreationAnswer } from './key-answer.ts';

/** EdDSA, ES256, RS256: fixed, so that no process lets a key in that another one could not verify. */
export const ALGORITHMS: readonly number[] = [-8, -7, -257];

/**
 * None is asked for, and these are what browsers leave. The others carry certificates of vendors, for which the library
 * would ask addresses on the network that the certificates name.
 */
const ATTESTATIONS = ['none', 'packed', 'fido-u2f'];

interface Library {
  readonly server: typeof import('@simplewebauthn/server');
  readonly helpers: typeof import('@simplewebauthn/server/helpers');
}

let loading: Promise<Library> | null = null;

/** Loads the library, which takes some tenths of a second the first time. @throws `UNSUPPORTED` when it is not installed. */
export async function loadKeyLibrary(): Promise<Library> {
  loading ??= load();
  return loading.catch((cause: unknown) => {
    loading = null;
    throw new EiderError('UNSUPPORTED', 'security keys need the package @simplewebauthn/server', { cause });
  });
}

async function load(): Promise<Library> {
  const [server, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ]);
  return { server, helpers };
}

/** A key whose registration was right. */
export interface VerifiedKey {
  /** Base64url. */
  readonly credentialId: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  readonly counter: number;
}

/** `null`, whatever is wrong. @throws `UNSUPPORTED`. */
export async function verifyCreation(
  answer: CreationAnswer,
  party: RelyingParty,
  { challenge, userVerification }: { readonly challenge: string; readonly userVerification: boolean },
): Promise<VerifiedKey | null> {
  const { server, helpers } = await loadKeyLibrary();
  try {
    const format = helpers.decodeAttestationObject(Buffer.from(answer.attestationObject, 'base64url')).get('fmt');
    if (!ATTESTATIONS.includes(format)) return null;
    const { registrationInfo } = await server.verifyRegistrationResponse({
      response: {
        ...outer(answer),
        response: { clientDataJSON: answer.clientDataJSON, attestationObject: answer.attestationObject },
      },
      expectedChallenge: challenge,
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      // Keys of the U2F kind cannot.
      requireUserVerification: userVerification,
      supportedAlgorithmIDs: [...ALGORITHMS],
    });
    const credential = registrationInfo?.credential;
    if (credential?.id !== answer.id) return null;
    const publicKey = Buffer.from(credential.publicKey).toString('base64url');
    return { credentialId: credential.id, publicKey, counter: credential.counter };
  } catch {
    return null;
  }
}

/** The count that the key has told with a right answer; `null`, whatever is wrong. @throws `UNSUPPORTED`. */
export async function verifyAssertion(
  answer: AssertionAnswer,
  party: RelyingParty,
  question: {
    readonly challenge: string;
    readonly userVerification: boolean;
    /** What the key is bound to: the party's id, or its application id. */
    readonly boundTo: string;
    readonly publicKey: string;
  },
): Promise<number | null> {
  const { server } = await loadKeyLibrary();
  const { clientDataJSON, authenticatorData, signature } = answer;
  try {
    const { verified, authenticationInfo } = await server.verifyAuthenticationResponse({
      response: { ...outer(answer), response: { clientDataJSON, authenticatorData, signature } },
      expectedChallenge: question.challenge,
      expectedOrigin: [...party.origins],
      expectedRPID: question.boundTo,
      // Counts are compared by who stores them: 0 lets every one pass here.
      credential: { id: answer.id, publicKey: Buffer.from(question.publicKey, 'base64url'), counter: 0 },
      requireUserVerification: question.userVerification,
    });
    return verified ? authenticationInfo.newCounter : null;
  } catch {
    return null;
  }
}

function outer({ id }: { readonly id: string }) {
  return { id, rawId: id, type: 'public-key' as const, clientExtensionResults: {} };
}
