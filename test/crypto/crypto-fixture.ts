/** Keys of every sort, messages of every size, and programs of others that decrypt. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as openpgp from 'openpgp';
import { onTestFinished } from 'vitest';
import { encryptMessage } from '../../src/crypto/encrypt-message.ts';
import type { EncryptionState } from '../../src/crypto/encryption-state.ts';
import { readKey } from '../../src/crypto/read-key.ts';

/** GnuPG, where it is installed. */
export const GPG = ['/usr/bin/gpg', '/usr/local/bin/gpg', '/opt/homebrew/bin/gpg'].find(existsSync);
/** OpenSSL, where it is installed. */
export const OPENSSL = ['/usr/bin/openssl', '/usr/local/bin/openssl', '/opt/homebrew/bin/openssl'].find(existsSync);

/** When the keys of the tests are made and used, unless a test says otherwise. */
export const NOW: number = Date.UTC(2030, 5, 1);
export const DAY: number = 86_400_000;

/** An OpenPGP key with its secret half. */
export interface Pair {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** What keys can be made of. */
export type PairOptions = Omit<Partial<Parameters<typeof openpgp.generateKey>[0]>, 'format'>;

/** Makes an OpenPGP key. */
export async function makePair(options: PairOptions = {}): Promise<Pair> {
  const { publicKey, privateKey } = await openpgp.generateKey({
    userIDs: [{ name: 'Ann', email: 'ann@example.org' }],
    type: 'ecc',
    curve: 'curve25519Legacy',
    date: new Date(NOW - 10 * DAY),
    format: 'armored',
    ...options,
  });
  return { publicKey, privateKey };
}

/** A key of version 6. */
export function makeVersion6(): Promise<Pair> {
  return makePair({ type: 'curve25519', config: { v6Keys: true, aeadProtect: true } });
}

/** A key of version 6 whose owner reads OCB and no other mode, which the library makes none of by itself. */
export async function makeOcbOnly(): Promise<Pair> {
  const { privateKey } = await openpgp.generateKey({
    userIDs: [{ name: 'Ann', email: 'ann@example.org' }],
    type: 'curve25519',
    date: new Date(NOW - 10 * DAY),
    format: 'object',
    config: { v6Keys: true, aeadProtect: true },
  });
  const [signature] = (privateKey as unknown as { directSignatures: SignaturePacket[] }).directSignatures;
  if (!signature) throw new Error('the library keeps preferences elsewhere now');
  const { aes256, aes128 } = openpgp.enums.symmetric;
  signature.preferredCipherSuites = [aes256, aes128].map((cipher) => [cipher, openpgp.enums.aead.ocb]);
  const data = { key: privateKey.keyPacket };
  await signature.sign(privateKey.keyPacket, data, new Date(NOW - 10 * DAY), false, openpgp.config);
  return { publicKey: privateKey.toPublic().armor(), privateKey: privateKey.armor() };
}

/** A key whose signatures are right and whose point is one that no secret can be agreed with. */
export async function makeBadPoint(): Promise<Uint8Array> {
  const { privateKey } = await openpgp.generateKey({
    userIDs: [{ name: 'Ann', email: 'ann@example.org' }],
    type: 'curve25519',
    date: new Date(NOW - 10 * DAY),
    format: 'object',
  });
  const [subkey] = privateKey.subkeys as unknown as [
    {
      readonly keyPacket: { publicParams: { A: Uint8Array }; computeFingerprintAndKeyID(): Promise<void> };
      readonly bindingSignatures: readonly [SignaturePacket];
    },
  ];
  subkey.bindingSignatures[0].rawNotations = [];
  subkey.keyPacket.publicParams = { A: new Uint8Array(32) };
  await subkey.keyPacket.computeFingerprintAndKeyID();
  const data = { key: privateKey.keyPacket, bind: subkey.keyPacket };
  const date = new Date(NOW - 10 * DAY);
  await subkey.bindingSignatures[0].sign(privateKey.keyPacket, data, date, false, openpgp.config);
  return privateKey.toPublic().write();
}

/** What the library's types keep to themselves. */
interface SignaturePacket {
  preferredCipherSuites: number[][];
  rawNotations: unknown[];
  sign(key: unknown, data: unknown, date: Date, detached: boolean, config: openpgp.Config): Promise<void>;
}

/** The state of an account with these keys. */
export async function stateOf(
  keys: readonly (string | Uint8Array)[],
  change: Partial<EncryptionState> = {},
): Promise<EncryptionState> {
  const read = await Promise.all(keys.map(async (key) => ({ ...(await readKey(key, NOW)), added: NOW })));
  return { enabled: true, subject: 'clear', keys: read, damaged: false, mailboxes: new Set(), ...change };
}

/** Octets as a stream of chunks. */
export async function* inChunks(octets: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size);
}

/** All of a stream. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

/** Encrypts a message as a delivery does. */
export function encrypt(state: EncryptionState, raw: Uint8Array, now: number = NOW): Promise<Buffer> {
  return collect(encryptMessage(state, inChunks(raw), now));
}

/** The armored part of a PGP/MIME message. */
export function armorOf(encrypted: Buffer): Buffer {
  const begin = encrypted.indexOf('-----BEGIN PGP MESSAGE-----');
  const end = encrypted.lastIndexOf('\r\n--=_');
  return encrypted.subarray(begin, end);
}

/** What the library makes of an encrypted message. */
export async function decrypt(encrypted: Buffer, { privateKey }: Pair): Promise<Buffer> {
  const message = await openpgp.readMessage({ armoredMessage: armorOf(encrypted).toString('latin1') });
  const decryptionKeys = await openpgp.readPrivateKey({ armoredKey: privateKey });
  const { data } = await openpgp.decrypt({ message, decryptionKeys, format: 'binary', date: new Date(NOW) });
  return Buffer.from(data as Uint8Array);
}

/** Runs a program with octets for its input, and gives what it prints. */
export function run(program: string, args: readonly string[], input: Uint8Array | string = ''): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer' as const, maxBuffer: 256 * 1024 * 1024 };
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(' ')}: ${stderr.toString()}`, { cause: error }));
      else resolve(stdout);
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** A folder that is removed when the test has ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'eider-crypto-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** GnuPG with a home of its own, and that secret key in it; its agent ends with the test. */
export async function openGnupg({ privateKey }: Pair): Promise<(encrypted: Buffer) => Promise<Buffer>> {
  const home = await mkdtemp(join(tmpdir(), 'eider-gpg-'));
  onTestFinished(async () => {
    await run((GPG as string).replace(/gpg$/, 'gpgconf'), ['--homedir', home, '--kill', 'all']).catch(() => {});
    await rm(home, { recursive: true, force: true });
  });
  const gpg = (args: readonly string[], input: Uint8Array | string): Promise<Buffer> =>
    run(GPG as string, ['--homedir', home, '--batch', '--faked-system-time', `${NOW / 1000}!`, ...args], input);
  await gpg(['--import'], privateKey);
  return (encrypted) => gpg(['--decrypt'], armorOf(encrypted));
}

/** A certificate and its key. */
export interface CertificateFiles {
  readonly certificate: string;
  /** Paths of both. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

const REQUEST = `[req]
distinguished_name = dn
x509_extensions = ext
prompt = no
[dn]
CN = Ann
[ext]
subjectAltName = email:ann@example.org
`;

/** Has OpenSSL make a certificate. `newKey` is such as `rsa:2048`, or `ec` with a curve. */
export async function makeCertificate(
  newKey: readonly string[],
  extensions = 'keyUsage = keyEncipherment, keyAgreement\nextendedKeyUsage = emailProtection\n',
): Promise<CertificateFiles> {
  const folder = await temporaryFolder();
  const [config, keyFile, certificateFile] = ['config', 'key.pem', 'cert.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(config, REQUEST + extensions);
  const how = ['req', '-x509', '-nodes', '-days', '7300', '-config', config, '-keyout', keyFile];
  const certificate = await run(OPENSSL as string, [...how, ...newKey.flatMap((part) => part.split(' '))]);
  await writeFile(certificateFile, certificate);
  return { certificate: certificate.toString(), certificateFile, keyFile };
}

/** What OpenSSL makes of an S/MIME message. */
export async function decryptSmime(encrypted: Buffer, { certificateFile, keyFile }: CertificateFiles): Promise<Buffer> {
  const file = join(await temporaryFolder(), 'message.eml');
  await writeFile(file, encrypted);
  const keys = ['-recip', certificateFile, '-inkey', keyFile];
  return run(OPENSSL as string, ['cms', '-decrypt', '-in', file, ...keys]);
}
