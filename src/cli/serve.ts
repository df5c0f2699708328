/** `eider serve`: IMAP, LMTP and the REST API over one store, until it is told to stop. */

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { CommandDef } from 'citty';
import type { OutgoingOptions } from '../delivery/delivery-context.ts';
import { ProxyProtocol, type ProxyProtocolSettings } from '../net/proxy-protocol.ts';
import type { OpenStoreOptions } from '../open-store.ts';
import { CommandError, command, UsageError } from './command.ts';
import { parsePort } from './octets.ts';
import { openPlace, readSecret, secretOf } from './open-place.ts';
import { printJson } from './output.ts';
import { announceReady, forkChannel, isServingFork, serveWithForks, untilTold } from './processes.ts';
import { type ServedPorts, type ServersOptions, startServers, untilSignal } from './servers.ts';
import { envOf, type StoreOptions, storeArgs, storePlace } from './store-place.ts';

/** Ends with 0 after SIGTERM or SIGINT; a second signal ends it at once. */
export const serve: CommandDef = command({
  meta: { name: 'serve', description: 'Serve IMAP and LMTP, and the REST API where asked to' },
  args: {
    host: { type: 'string', default: '127.0.0.1', description: 'Where to listen' },
    imap: { type: 'string', default: '1143', valueHint: 'PORT', description: 'IMAP port; 0 for a free one' },
    imaps: { type: 'string', valueHint: 'PORT', description: 'IMAP port with TLS from the first octet, as 993' },
    lmtp: { type: 'string', default: '2424', valueHint: 'PORT', description: 'LMTP port; 0 for a free one' },
    http: { type: 'string', valueHint: 'PORT', description: 'Port of the REST API; none without' },
    https: { type: 'string', valueHint: 'PORT', description: 'The same with TLS' },
    metrics: {
      type: 'boolean',
      description: 'Count requests of the API, to be read at /metrics with a token of role root',
    },
    'tls-key': { type: 'string', valueHint: 'FILE', description: 'Private key for TLS, PEM' },
    'tls-cert': { type: 'string', valueHint: 'FILE', description: 'Certificate chain for TLS, PEM' },
    'insecure-auth': { type: 'boolean', description: 'Take passwords on connections without TLS' },
    'proxy-protocol': {
      type: 'string',
      valueHint: 'NETWORKS',
      description: 'Every connection has a PROXY header (v1, v2); proxies to trust, as 10.0.0.7,192.0.2.0/24',
    },
    'rate-limits': {
      type: 'boolean',
      default: true,
      negativeDescription: 'No limits on connections and logins, for measurements',
      description: 'Limit connections and logins by address and account',
    },
    relay: {
      type: 'string',
      valueHint: 'URL',
      description: 'Send forwards and automatic replies by this agent, as smtp://127.0.0.1:25; or EIDER_RELAY',
    },
    hostname: { type: 'string', valueHint: 'NAME', description: "What the server calls itself; else the host's name" },
    webhooks: { type: 'boolean', description: 'Post the webhooks of filters, to public addresses' },
    'webhook-secret': {
      type: 'string',
      valueHint: 'FILE',
      description: 'At least 24 octets that webhooks are signed under',
    },
    'webhooks-private': {
      type: 'boolean',
      description: 'Post webhooks to addresses of this machine and of private networks too',
    },
    'srs-domain': {
      type: 'string',
      valueHint: 'DOMAIN',
      description: 'Rewrite reverse paths of forwards into this domain, and take back what returns to it',
    },
    processes: {
      type: 'string',
      valueHint: 'N',
      description: 'Serving processes; else one for each two processors, up to 4',
    },
    'ready-json': { type: 'boolean', description: 'When it listens, print one line of JSON with the ports' },
    ...storeArgs,
  },
  async run(args) {
    const tls = readTls(args['tls-key'], args['tls-cert']);
    for (const name of ['imaps', 'https'] as const) {
      if (args[name] !== undefined && !tls) throw new UsageError(`--${name} needs --tls-key and --tls-cert`);
    }
    const further = Object.fromEntries(
      (['imaps', 'http', 'https'] as const).flatMap((name) => {
        const port = args[name];
        return port === undefined ? [] : [[name, parsePort(port)]];
      }),
    );
    const insecureAuth = args['insecure-auth'] === true;
    const proxyProtocol = parseProxies(args['proxy-protocol']);
    // Clients may speak TLS to the proxy.
    if (!tls && !insecureAuth && !proxyProtocol) explainNoLogin(args.host);
    const processes = parseProcesses(args.processes);
    const options: ServersOptions = {
      host: args.host,
      ports: { imap: parsePort(args.imap), lmtp: parsePort(args.lmtp), ...further },
      tls,
      insecureAuth,
      proxyProtocol,
      rateLimits: args['rate-limits'],
      metrics: args.metrics === true,
    };
    const allowPrivate = args['webhooks-private'] === true;
    const outgoing = {
      outgoing: {
        ...(await outgoingOf(args.relay ?? process.env.EIDER_RELAY, args.hostname, args['srs-domain'])).outgoing,
        ...(await webhooksOf(args.webhooks === true, args['webhook-secret'], allowPrivate)),
      },
      webhooks: { allowPrivate },
    };
    if (isServingFork) return serveHere(args, options, untilTold(), announceReady, outgoing);
    const ready = (ports: ServedPorts): void => {
      if (args['ready-json']) printJson(ports);
      else console.log(whereItListens(args.host, ports));
    };
    const stopped = untilSignal();
    if (processes === 1) return serveHere(args, options, stopped, ready, outgoing);
    // Opened once before, so that a store that cannot be opened is told of once, and made by one process.
    await (await openPlace(storePlace(args), true, outgoing)).close();
    await serveWithForks({ count: processes, env: envOf(storePlace(args)) }, stopped, ready);
  },
});

function whereItListens(host: string, { imap, imaps, lmtp, http, https }: ServedPorts): string {
  const secure = imaps === undefined ? '' : `, with TLS on ${host}:${imaps}`;
  const api = [
    ...(http === undefined ? [] : [`, API on http://${host}:${http}`]),
    ...(https === undefined ? [] : [`, API on https://${host}:${https}`]),
  ];
  return `IMAP on ${host}:${imap}${secure}, LMTP on ${host}:${lmtp}${api.join('')}`;
}

/** Serves in this process until `stopped` resolves. */
async function serveHere(
  data: StoreOptions,
  options: ServersOptions,
  stopped: Promise<unknown>,
  ready: (ports: ServedPorts) => void,
  outgoing: Pick<OpenStoreOptions, 'outgoing' | 'webhooks'>,
): Promise<void> {
  const peers = isServingFork ? { peers: forkChannel() } : {};
  const store = await openPlace(storePlace(data), true, { ...peers, ...outgoing });
  try {
    const servers = await startServers(store, options);
    // Of several processes each job has one at a time.
    store.jobs.start();
    store.webhooks.start();
    if (outgoing.outgoing?.send || outgoing.outgoing?.webhooks) store.outgoing.start();
    try {
      ready(servers.ports);
      await stopped;
    } finally {
      await servers.close();
    }
  } finally {
    await store.close();
  }
  // What is left open (a channel to the process that forked this one) must not keep it.
  if (isServingFork) process.exit(0);
}

/** @throws {@link UsageError} for a secret without webhooks. */
async function webhooksOf(
  isOn: boolean,
  file: string | undefined,
  allowPrivate: boolean,
): Promise<Pick<OutgoingOptions, 'webhooks'>> {
  if (!isOn && file !== undefined) throw new UsageError('--webhook-secret goes with --webhooks');
  return isOn ? { webhooks: { allowPrivate, ...(file !== undefined && { secret: await readSecret(file) }) } } : {};
}

async function outgoingOf(
  relay: string | undefined,
  hostname: string | undefined,
  srsDomain: string | undefined,
): Promise<Pick<OpenStoreOptions, 'outgoing'>> {
  if (!relay && !hostname && srsDomain === undefined) return {};
  const { parseRelay, rewriteSenders } = await import('./relay.ts');
  const sending = relay ? parseRelay(relay, hostname) : { ...(hostname && { host: hostname }) };
  if (srsDomain === undefined) return { outgoing: sending };
  return { outgoing: { ...sending, ...rewriteSenders(srsDomain, (await secretOf(process.env)).secret) } };
}

/** One for each two processors, up to four: a process keeps a second one busy with syncs, indexing and checkpoints. */
function parseProcesses(text: string | undefined): number {
  if (text === undefined) return Math.max(1, Math.min(Math.floor(availableParallelism() / 2), 4));
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 64)
    throw new UsageError('--processes takes a number from 1 to 64');
  return count;
}

function parseProxies(text: string | undefined): ProxyProtocolSettings | null {
  if (text === undefined) return null;
  const settings = { trusted: text.split(',').map((network) => network.trim()) };
  try {
    new ProxyProtocol(settings);
  } catch (error) {
    throw new UsageError(`--proxy-protocol: ${(error as Error).message}`);
  }
  return settings;
}

function readTls(key: string | undefined, cert: string | undefined): { key: Buffer; cert: Buffer } | null {
  if (key === undefined && cert === undefined) return null;
  if (key === undefined || cert === undefined) throw new UsageError('--tls-key and --tls-cert go together');
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** Without TLS nobody can log in: on loopback that is a hint, elsewhere it is surely not what was meant. */
function explainNoLogin(host: string): void {
  if (!isLoopback(host)) {
    throw new CommandError(
      `nobody could log in on ${host} without TLS: give --tls-key and --tls-cert, or --insecure-auth to take passwords in the clear`,
    );
  }
  console.error(
    'eider: no TLS, so logins are refused; --insecure-auth takes passwords in the clear, which is fine on loopback',
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
