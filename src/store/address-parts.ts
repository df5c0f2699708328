/** The parts that know of addresses, put together over an engine. None of them remembers anything. */

import type { Engine } from '../engine/engine.ts';
import { AddressClaims } from './address-claims.ts';
import { AddressPatterns } from './address-patterns.ts';
import { AddressRecords } from './address-records.ts';
import { AddressResolver } from './address-resolver.ts';
import { DomainRecords } from './domain-records.ts';
import { ForwardingRecords } from './forwarding-records.ts';
import { OptionalDots } from './optional-dots.ts';

/** The parts. */
export interface AddressParts {
  readonly domains: DomainRecords;
  readonly records: AddressRecords;
  readonly forwardings: ForwardingRecords;
  readonly patterns: AddressPatterns;
  readonly dots: OptionalDots;
  readonly claims: AddressClaims;
  readonly resolver: AddressResolver;
}

/** Puts them together. */
export function addressParts(engine: Engine): AddressParts {
  const { vault } = engine;
  const domains = new DomainRecords(vault);
  const records = new AddressRecords(vault);
  const forwardings = new ForwardingRecords(vault);
  const patterns = new AddressPatterns(engine, domains, forwardings);
  const dots = new OptionalDots(engine, domains, forwardings, patterns);
  const claims = new AddressClaims(engine, domains, forwardings, dots);
  const resolver = new AddressResolver(engine, domains, forwardings, patterns, dots);
  return { domains, records, forwardings, patterns, dots, claims, resolver };
}
