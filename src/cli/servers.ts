/** The protocol servers that a command runs over its store. */

import type { SecureContextOptions } from 'node:tls';
import { certificateResolver } from '../crypto/certificate-resolver.ts';
import { createImapServer } from '../imap/server.ts';
import { createLmtpServer } from '../lmtp/server.ts';
import type { ProxyProtocolSettings } from '../net/proxy-protocol.ts';
import type { RestServer } from '../rest/server.ts';
import type { MessageStore } from '../store/message-store.ts';

/** Ports by protocol. */
export interface ServedPorts {
  readonly imap: number;
  /** IMAP with TLS from the first octet. */
  readonly imaps?: number;
  readonly lmtp: number;
  /** The REST API. */
  readonly http?: number;
  /** The REST API with TLS. */
  readonly https?: number;
}

/** Where and how to listen. */
export interface ServersOptions {
  readonly host: string;
  readonly ports: ServedPorts;
  readonly tls: SecureContextOptions | null;
  readonly insecureAuth: boolean;
  readonly proxyProtocol: ProxyProtocolSettings | null;
  readonly rateLimits: boolean;
  /** Whether the API counts its requests. */
  readonly metrics: boolean;
}

/** Servers that listen. */
export interface Servers {
  readonly ports: ServedPorts;
  /** Lets sessions end what they do, and closes. */
  close(): Promise<void>;
}

const DRAIN_MS = 5000;

const NO_LIMITS = {
  connections: Number.POSITIVE_INFINITY,
  connectionsPerAddress: Number.POSITIVE_INFINITY,
  sessionsPerAccount: Number.POSITIVE_INFINITY,
  loginFailures: Number.POSITIVE_INFINITY,
  loginFailureDelayMs: 0,
} as const;

/** Starts all; when one cannot listen, none does. */
export async function startServers(store: MessageStore, given: ServersOptions): Promise<Servers> {
  const options = { ...given, tls: given.tls && { ...given.tls, SNICallback: certificateResolver(store) } };
  const { host, ports } = options;
  const common = {
    host,
    logger,
    ...(options.tls && { tls: options.tls }),
    ...(options.proxyProtocol && { proxyProtocol: options.proxyProtocol }),
  };
  const imap = createImapServer(store, {
    ...common,
    port: ports.imap,
    ...(ports.imaps !== undefined && { securePort: ports.imaps }),
    insecureAuth: options.insecureAuth,
    ...(options.rateLimits ? {} : { limits: NO_LIMITS }),
  });
  const lmtp = createLmtpServer(store, {
    ...common,
    port: ports.lmtp,
    ...(options.rateLimits ? {} : { maxConnections: Number.POSITIVE_INFINITY }),
  });
  const apis = await createApis(store, options);
  const close = async (): Promise<void> => {
    await Promise.all([imap, lmtp, ...apis.values()].map((server) => server.close({ drainMs: DRAIN_MS })));
  };
  try {
    const [imapAt, lmtpAt] = [await imap.listen(), await lmtp.listen()];
    const further = new Map(imap.secureAddress ? [['imaps', imap.secureAddress.port]] : []);
    for (const [name, api] of apis) further.set(name, (await api.listen()).port);
    return { ports: { imap: imapAt.port, lmtp: lmtpAt.port, ...Object.fromEntries(further) }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The servers of the API, by the name of their port. Loaded by who wants one: it takes time. */
async function createApis(
  store: MessageStore,
  { host, ports, tls, metrics }: ServersOptions,
): Promise<Map<string, RestServer>> {
  if (ports.http === undefined && ports.https === undefined) return new Map();
  const { createRestServer } = await import('../rest/server.ts');
  const apis = new Map<string, RestServer>();
  if (ports.http !== undefined) apis.set('http', createRestServer(store, { host, port: ports.http, logger, metrics }));
  if (ports.https !== undefined && tls) {
    apis.set('https', createRestServer(store, { host, port: ports.https, logger, metrics, tls }));
  }
  return apis;
}

/** One Ctrl-C may come twice, from the terminal and from the program that runs this one, as npm; in milliseconds. */
const SAME_SIGNAL_MS = 500;

/** Resolves at the first SIGINT or SIGTERM; another one after that ends the process at once. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = 0;
    const stop = (): void => {
      if (asked > 0 && Date.now() - asked > SAME_SIGNAL_MS) process.exit(1);
      asked ||= Date.now();
      resolve();
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
  });
}

/** Warnings and errors as lines of JSON on stderr; the rest is nobody's business on a terminal. */
const logger = {
  info(): void {},
  debug(): void {},
  warn: (fields: object, message: string): void => log('warn', fields, message),
  error: (fields: object, message: string): void => log('error', fields, message),
};

function log(level: string, fields: object, message: string): void {
  const plain = Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? value.message : value]);
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, message, ...Object.fromEntries(plain) })}\n`,
  );
}
