/** Addresses and networks of clients. */

import { expect, test } from 'vitest';
import { NetworkList, networkOf } from '../../src/model/networks.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:0:1::7', '2001:db8:0:1::/64'],
  ['2001:DB8:0000:0001:9:8:7:6', '2001:db8:0:1::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('%s is one client with %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('a list has its addresses and what is in its networks', () => {
  const list = new NetworkList(['192.0.2.7', '198.51.100.0/24', '2001:db8::/32']);
  for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '198.51.100.200', '2001:db8:9::1'])
    expect(list.has(address)).toBe(true);
  for (const address of ['192.0.2.8', '198.51.101.1', '2001:db9::1', '', 'name']) expect(list.has(address)).toBe(false);
});

test.each(['', 'example.org', '192.0.2.0/33', '192.0.2.0/', '192.0.2.0/-1', '::1/129', '1.2.3.4/8/8', 'fe80::1%eth0'])(
  '%s is no network',
  (network) => {
    expect(() => new NetworkList([network])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  },
);
