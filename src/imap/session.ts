/** One client's connection: who it is, what it has selected, and how it ends. */

import { announcedMechanisms } from '../auth/sasl-login.ts';
import type { Account } from '../model/account.ts';
import type { UsedCredential } from '../model/authentication.ts';
import type { AccountId } from '../model/ids.ts';
import type { TrafficDirection, TrafficSession } from '../model/traffic.ts';
import type { Connection } from '../net/connection.ts';
import type { MessageStore } from '../store/message-store.ts';
import { capabilities } from './capabilities.ts';
import type { AccountWatch, MailboxCache } from './mailbox-cache.ts';
import type { MailboxView } from './mailbox-view.ts';
import type { MetadataNews } from './metadata-news.ts';
import type { Notifier } from './notifier.ts';
import type { NotifyFeed } from './notify-feed.ts';
import type { ImapLimits, ImapLogger, ImapServerOptions, ImapSessionInfo } from './options.ts';
import { Refusal } from './refusal.ts';
import { ResponseWriter } from './response-writer.ts';
import type { SessionWarden } from './session-warden.ts';
import { CommandReader } from './wire/command-reader.ts';
import { statusLine } from './wire/write-response.ts';
import { quoted } from './wire/write-string.ts';

/** What the sessions of one server share. */
export interface SessionContext {
  readonly store: MessageStore;
  readonly cache: MailboxCache;
  readonly warden: SessionWarden;
  readonly options: ImapServerOptions;
  readonly limits: ImapLimits;
  readonly logger: ImapLogger | null;
}

/** A session of one client. */
export class Session {
  readonly context: SessionContext;
  readonly store: MessageStore;
  readonly limits: ImapLimits;
  readonly connection: Connection;
  readonly reader: CommandReader;
  readonly out: ResponseWriter;
  /** Who has logged in. */
  account: Account | null = null;
  /** The account's news; set with `account`. */
  watch: AccountWatch | null = null;
  /** The selected mailbox. */
  view: MailboxView | null = null;
  /** MODSEQ is told in FETCH responses from here on. RFC 7162 section 3.1. */
  condstore = false;
  /** QRESYNC was enabled: VANISHED is told instead of EXPUNGE. RFC 7162 section 3.2.3. */
  qresync = false;
  /** UIDONLY was enabled: no message numbers, either way. RFC 9586. */
  uidOnly = false;
  /** IMAP4rev2 was enabled. RFC 9051 appendix A. */
  rev2 = false;
  /** UTF8=ACCEPT or IMAP4rev2 was enabled: names and quoted strings are UTF-8. RFC 6855. */
  utf8 = false;
  /** What the client wants to be told of; `null` before the first NOTIFY. RFC 5465. */
  notifier: Notifier | null = null;
  /** Tells it between commands. */
  feed: NotifyFeed | null = null;
  /** Changes of annotations are told: METADATA was enabled, or NOTIFY asks for them. RFC 5464 section 4.1. */
  metadataNews: MetadataNews | null = null;
  /** With what it has logged in. */
  credential: UsedCredential | null = null;
  /** What the client says of itself by ID. */
  clientName: string | null = null;
  loginFailures = 0;
  /** Counts for the account. */
  #traffic: TrafficSession | null = null;
  /** Octets of answers that were counted. */
  #counted = 0;
  /** A command is being run; the end of the session waits for it. */
  #busy = false;
  /** It waits for a line, with no response half-written. */
  #waiting = false;
  #unwatch: () => void = () => {};
  #closing = false;
  #goodbye = '';
  #loginTimer: NodeJS.Timeout;

  constructor(connection: Connection, context: SessionContext) {
    this.connection = connection;
    this.context = context;
    this.store = context.store;
    this.limits = context.limits;
    this.out = new ResponseWriter(connection, context.limits.writeTimeoutMs);
    this.reader = new CommandReader(connection.input, {
      limits: context.limits.beforeLogin,
      continuation: () => {
        this.out.write('+ OK\r\n');
        this.out.flush();
      },
    });
    this.#loginTimer = this.#expectLogin();
    this.expectTraffic(context.limits.idleTimeoutMs);
    connection.onShutdown(() => this.bye('The server is shutting down', 'UNAVAILABLE'));
  }

  /** The account's id. Only for commands of the states after login. */
  get accountId(): AccountId {
    if (!this.account) throw new Refusal('BAD', 'Log in first');
    return this.account.id;
  }

  /** The selected mailbox. Only for commands of the selected state. */
  get selected(): MailboxView {
    if (!this.view) throw new Refusal('BAD', 'No mailbox is selected');
    return this.view;
  }

  /** The selected mailbox, when it may be changed. RFC 9051 section 6.3.3. */
  get writable(): MailboxView {
    if (this.selected.readOnly) throw new Refusal('NO', 'The mailbox is selected read-only', 'READ-ONLY');
    return this.selected;
  }

  /** Whether passwords are taken. */
  get canLogin(): boolean {
    return this.connection.secure || this.context.options.insecureAuth === true;
  }

  /** What is advertised now. */
  get capabilities(): string[] {
    return capabilities({
      authenticated: this.account !== null,
      canStartTls: this.connection.canStartTls,
      mechanisms: this.canLogin ? announcedMechanisms(this.store.auth, this.connection) : [],
      canCompress: !this.connection.compressed,
      maxMessageSize: this.store.maxMessageSize,
    });
  }

  get info(): ImapSessionInfo {
    const { id, remoteAddress, secure } = this.connection;
    return { id, remoteAddress, secure, accountName: this.account?.name ?? null };
  }

  /** The first line that a client gets. */
  greet(): void {
    this.out.write(statusLine('*', 'OK', 'eider is ready', `CAPABILITY ${this.capabilities.join(' ')}`));
  }

  /** A command begins: until {@link Session.finish} nothing is said in between. */
  async begin(): Promise<void> {
    this.#busy = true;
    await this.feed?.pause();
  }

  /** The command was answered; a goodbye that waited for it is said. */
  finish(): void {
    this.#busy = false;
    this.connection.active();
    this.countTraffic();
    if (this.#goodbye !== '') this.#sayGoodbye();
    else this.out.flushSoon();
    this.feed?.resume();
  }

  /** Lets go of everything, and of the connection. */
  end(): void {
    clearTimeout(this.#loginTimer);
    this.feed?.end();
    this.#unwatch();
    this.unselect();
    this.watch?.end();
    this.out.flush();
    this.#endTraffic();
    this.connection.end();
  }

  /** Enters the authenticated state. */
  login(account: Account, credential: UsedCredential, traffic: TrafficSession): void {
    clearTimeout(this.#loginTimer);
    this.#traffic = traffic;
    this.#counted = this.out.written;
    this.account = account;
    this.credential = credential;
    this.#unwatch = this.context.warden.watch(account.id, this);
    this.watch = this.context.cache.watch(account.id);
    this.reader.limits = this.limits.afterLogin;
    this.loginFailures = 0;
    this.context.logger?.info(this.info, 'logged in');
  }

  /** Enters the state before login, with everything as it was then. RFC 8437 section 3. */
  unauthenticate(): void {
    this.unselect();
    this.setNotifier(null, null);
    this.watch?.end();
    this.watch = null;
    this.account = null;
    this.credential = null;
    this.#endTraffic();
    this.#unwatch();
    this.condstore = false;
    this.qresync = false;
    this.uidOnly = false;
    this.rev2 = false;
    this.utf8 = false;
    this.metadataNews = null;
    this.reader.utf8 = false;
    this.reader.limits = this.limits.beforeLogin;
    this.#loginTimer = this.#expectLogin();
    this.context.logger?.info(this.info, 'logged out, and stays connected');
  }

  /** Enters the authenticated state from the selected one. */
  unselect(): void {
    if (!this.view) return;
    this.context.cache.release(this.view.shared);
    this.view = null;
  }

  /** Ends the session with a goodbye: at once between commands, else after the one that runs. */
  bye(text: string, code: string | null = null): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#goodbye = statusLine('*', 'BYE', text, code);
    if (!this.#busy || this.#waiting) this.#sayGoodbye();
  }

  /** Ends the session after the command that runs, which has said goodbye itself. */
  close(): void {
    this.#closing = true;
  }

  /** A line from the client within a command; `null` when it is gone. The session may be ended meanwhile. */
  async readLine(): Promise<string | null> {
    this.out.flush();
    this.#waiting = true;
    try {
      return await this.reader.readLine();
    } finally {
      this.#waiting = false;
    }
  }

  /** Ends the session at once: what was sent last is incomplete and must not be taken for whole. */
  abort(): void {
    this.#closing = true;
    this.connection.destroy();
  }

  /**
   * Ends the session when nothing comes for so many milliseconds while it waits for the client; in IDLE too, whose
   * clients begin it anew in time (RFC 9051 section 6.3.13).
   */
  expectTraffic(ms: number): void {
    this.connection.onIdle(ms, () => {
      if (!this.#busy || this.#waiting) this.bye('Idle for too long');
    });
  }

  /** The same in the middle of a message that the client sends: then it gets no goodbye. */
  expectOctets(ms: number): void {
    this.connection.onIdle(ms, () => this.abort());
  }

  /** Counts what was answered since the last time. */
  countTraffic(): void {
    this.#traffic?.add('download', this.out.written - this.#counted);
    this.#counted = this.out.written;
  }

  /** Counts octets of messages that the client has sent. */
  countUpload(octets: number): void {
    this.#traffic?.add('upload', octets);
  }

  /** Whether the account has downloaded as much as it may in a day. */
  get isOverDownload(): boolean {
    return this.#traffic?.isOver('download') ?? false;
  }

  /** What to answer when the account has moved as many octets as it may in a day, or would with so many more. */
  async trafficRefusal(direction: TrafficDirection, octets = 1): Promise<Refusal | null> {
    const waitMs = (await this.#traffic?.waitMs(direction, octets)) ?? 0;
    if (waitMs === 0) return null;
    const wait = `try again in ${Math.ceil(waitMs / 1000)} seconds`;
    return new Refusal('NO', `The account has ${direction}ed as much as it may in a day, ${wait}`, 'LIMIT');
  }

  /** Whether the session is about to end. */
  get closing(): boolean {
    return this.#closing || this.connection.closed;
  }

  /** A command that asks for modification sequences switches them on. RFC 7162 section 3.1. */
  enableCondstore(): void {
    if (this.condstore) return;
    this.condstore = true;
    if (this.view) this.out.write(`* OK [HIGHESTMODSEQ ${this.view.shared.highestModSeq}] CONDSTORE is on\r\n`);
  }

  /**
   * Waits for `work`, telling the client now and then that it is still at it. Nothing else is written meanwhile.
   * RFC 9585.
   */
  async work<T>(tag: string, work: Promise<T>): Promise<T> {
    const timer = setInterval(() => {
      if (this.closing || this.out.full) return;
      this.out.write(statusLine('*', 'OK', 'Still at it', `INPROGRESS (${quoted(tag)} NIL NIL)`));
      this.out.flush();
    }, this.limits.progressMs);
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  }

  /** Takes what the client wants to be told of from now on. RFC 5465. */
  setNotifier(notifier: Notifier | null, feed: NotifyFeed | null): void {
    this.feed?.end();
    this.notifier = notifier;
    this.feed = feed;
  }

  /** Whether there is anything of which may have to be told when a command is answered. */
  get hearsNews(): boolean {
    return this.view !== null || this.metadataNews !== null;
  }

  #endTraffic(): void {
    this.countTraffic();
    this.#traffic?.end();
    this.#traffic = null;
  }

  #expectLogin(): NodeJS.Timeout {
    return setTimeout(() => this.bye('Login took too long'), this.limits.loginTimeoutMs);
  }

  #sayGoodbye(): void {
    this.out.write(this.#goodbye);
    this.#goodbye = '';
    this.out.flush();
    this.connection.end();
  }
}
