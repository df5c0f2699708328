/** Thunderbird reads what the store encrypts: PGP/MIME from a mailbox, S/MIME by its decoder, for each sort of key. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type CertificateFiles,
  DAY,
  encrypt,
  makeCertificate,
  makePair,
  OPENSSL,
  type PairOptions,
  run as runProgram,
  stateOf,
} from '../crypto/crypto-fixture.ts';
import { Observer } from './observer.ts';
import { isInstalled, startServer, type TestServer } from './server.ts';
import { startThunderbird, type Thunderbird } from './thunderbird.ts';

const PATIENCE = { timeout: 20_000, interval: 300 };

const letter = (subject: string): Buffer =>
  Buffer.from(
    `From: bob@example.org\r\nTo: ann@example.org\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\n\r\nThe key of ${subject} is under the mat.\r\n`,
  );

const IMPORT_KEY = `
  const { EnigmailCore } = ChromeUtils.importESModule('chrome://openpgp/content/modules/core.sys.mjs');
  const { RNP } = ChromeUtils.importESModule('chrome://openpgp/content/modules/RNP.sys.mjs');
  await EnigmailCore.init();
  return (await RNP.importSecKeyBlockImpl(null, () => ({}), false, args[0], false)).importedKeys.length;
`;

const READ_TEXT = `
  const { MsgHdrToMimeMessage } = ChromeUtils.importESModule('resource:///modules/gloda/MimeMessage.sys.mjs');
  return new Promise((resolve) => {
    const seen = (_, mime) => resolve(mime?.coerceBodyToPlaintext(mailbox('Inbox')));
    MsgHdrToMimeMessage(message('Inbox', args[0]), null, seen, true, { examineEncryptedParts: true });
  });
`;

const IMPORT_CERTIFICATE = `
  const file = Cc['@mozilla.org/file/local;1'].createInstance(Ci.nsIFile);
  file.initWithPath(args[0]);
  return Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB).importPKCS12File(file, 'x');
`;

const DECODE = `
  const decoder = Cc['@mozilla.org/nsCMSDecoderJS;1'].createInstance(Ci.nsICMSDecoderJS);
  return decoder.decrypt(args[0]).map((octet) => String.fromCharCode(octet)).join('');
`;

describe.skipIf(!isInstalled('thunderbird') || !OPENSSL)('Thunderbird', () => {
  let server: TestServer;
  let observer: Observer;
  let thunderbird: Thunderbird;
  beforeAll(async () => {
    server = await startServer();
    observer = await Observer.open(server.imap);
    thunderbird = await startThunderbird(server);
  });
  afterAll(async () => {
    await thunderbird?.stop();
    observer?.close();
    await server?.stop();
  });

  test.each<[string, PairOptions]>([
    ['x25519', {}],
    ['rsa', { type: 'rsa', rsaBits: 2048 }],
    ['p256', { curve: 'nistP256' }],
  ])('PGP/MIME to %s', async (name, options) => {
    const pair = await makePair({ date: new Date(Date.now() - DAY), ...options });
    const encrypted = await encrypt(await stateOf([pair.publicKey]), letter(name));
    await observer.append('INBOX', encrypted.toString('latin1'));
    expect(await thunderbird.run(IMPORT_KEY, pair.privateKey)).toBe(1);
    await thunderbird.run('mailbox("Inbox").updateFolder(null)');
    const arrived = (): Promise<unknown> => thunderbird.run('return Boolean(message("Inbox", args[0]))', name);
    await vi.waitFor(async () => expect(await arrived()).toBe(true), PATIENCE);
    expect(await thunderbird.run(READ_TEXT, name)).toBe(`The key of ${name} is under the mat.\n`);
  });

  /** Gives Thunderbird a certificate with its key. */
  async function give({ certificateFile, keyFile }: CertificateFiles, name: string): Promise<void> {
    const file = join(server.folder, `${name}.p12`);
    const how = ['pkcs12', '-export', '-legacy', '-passout', 'pass:x', '-out', file];
    await runProgram(OPENSSL as string, [...how, '-inkey', keyFile, '-in', certificateFile]);
    expect(await thunderbird.run(IMPORT_CERTIFICATE, file)).toBe(0);
  }

  test.each([
    ['rsa', '-newkey rsa:2048'],
    ['p256', '-newkey ec -pkeyopt ec_paramgen_curve:P-256'],
    ['p384', '-newkey ec -pkeyopt ec_paramgen_curve:P-384'],
    ['p521', '-newkey ec -pkeyopt ec_paramgen_curve:P-521'],
  ])('S/MIME to %s', async (name, newKey) => {
    const files = await makeCertificate([newKey]);
    await give(files, name);
    const encrypted = (await encrypt(await stateOf([files.certificate]), letter(name))).toString('latin1');
    const cms = Buffer.from(encrypted.slice(encrypted.indexOf('\r\n\r\n')), 'base64');
    expect(await thunderbird.run(DECODE, [...cms])).toBe(letter(name).toString());
  });
});
