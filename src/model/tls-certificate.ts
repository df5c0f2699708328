/** Certificates for TLS, by the name that a client asks for. */

/** A certificate with its chain. Its private key leaves the store only into a TLS handshake. */
export interface TlsCertificate {
  /** 24 lower-case hex digits, the same for a name at all times. */
  readonly id: string;
  /** With A-labels, in lower case; `*.example.org` for all names one level below `example.org`. */
  readonly serverName: string;
  readonly description: string;
  /** SHA-256 of the certificate, in lower-case hex. */
  readonly fingerprint: string;
  /** Names that it is for. */
  readonly altNames: readonly string[];
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly created: number;
}

/** What is set. */
export interface TlsCertificateInput {
  readonly serverName: string;
  /** PEM, not encrypted. */
  readonly privateKey: string;
  /** PEM: the certificate, then who has signed it, and so on. The root may be left out. */
  readonly certificate: string;
  readonly description?: string;
}

/** The certificates of a store. Names are taken in any form; each method that takes one throws `DOMAIN_INVALID`. */
export interface TlsCertificates {
  /**
   * Sets a name's certificate, in place of the one that it had.
   *
   * @throws `KEY_INVALID` when one of both cannot be read, they do not belong together, the chain is not in order, or the
   *   certificate has expired or is not for the name; `LIMIT_EXCEEDED` over 10,000 names; `UNSUPPORTED` for a store
   *   without a secret to seal the key under.
   */
  set(input: TlsCertificateInput): Promise<TlsCertificate>;
  /** By name. */
  list(): Promise<TlsCertificate[]>;
  /** By id. */
  get(id: string): Promise<TlsCertificate | null>;
  /** That of the name itself, else that of its wildcard. */
  resolve(serverName: string): Promise<TlsCertificate | null>;
  /** By id; `false` when it is not there. */
  remove(id: string): Promise<boolean>;
  /** Key and chain that a handshake for a name is to use, in PEM; `null` for none. @throws `UNSUPPORTED` under another secret. */
  material(serverName: string): Promise<{ readonly key: string; readonly cert: string } | null>;
}
