/** How often the engine is asked to find out whose an address is. */

import { expect, onTestFinished, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { StoreAccounts } from '../../src/store/accounts.ts';
import { StoreAddresses } from '../../src/store/store-addresses.ts';
import { openTestedEngine } from '../engine-under-test.ts';
import { PASSWORDS, withMembers } from './transfer-fixture.ts';

/** An engine that notes what it is asked. */
function watched(engine: Engine): { engine: Engine; asked: string[] } {
  const asked: string[] = [];
  const noting = <T extends object>(part: T, name: string): T =>
    new Proxy(part, {
      get:
        (target, key) =>
        (...args: unknown[]) => {
          asked.push(`${name}.${String(key)}`);
          return (Reflect.get(target, key) as (...all: unknown[]) => unknown).apply(target, args);
        },
    });
  const parts = { directory: noting(engine.directory, 'directory'), vault: noting(engine.vault, 'vault') };
  return { engine: withMembers(engine, parts), asked };
}

test.each([
  ['ann@d.example', 'found', ['directory.find']],
  ['"Ann"@D.example', 'found', ['directory.find']],
  ['ann', 'found', ['directory.find']],
  ['named@d.example', 'found', ['directory.find']],
  ['ann+x@d.example', 'found', ['directory.find', 'directory.find', 'vault.get']],
  ['news@d.example', 'found', ['directory.find', 'vault.get']],
  ['pattern@d.example', 'found', ['directory.find', 'directory.get', 'vault.get', 'vault.list']],
  ['ann@alias.example', 'found', ['directory.find', 'directory.find', 'vault.get', 'vault.list']],
  ['nobody@e.example', 'nobody', ['directory.find', 'vault.get', 'vault.get', 'vault.list']],
  ['no address at all', 'nobody', []],
  ['nobody@no_domain', 'nobody', []],
])('%s: %s by %j', async (address, outcome, reads) => {
  const engine = await openTestedEngine();
  onTestFinished(() => engine.close());
  const accounts = new StoreAccounts(engine, { ...PASSWORDS, isKnownHash: () => true, needsRehash: () => false });
  const prepared = new StoreAddresses(engine, (record) => accounts.completed(record));
  const { id } = await accounts.create({ name: 'ann', address: 'ann@d.example' });
  await accounts.create({ name: 'named@d.example' });
  await prepared.add(id, 'pat*@d.example');
  await prepared.createForwardingAddress('news@d.example', { targets: ['x@else.example'] });
  await prepared.createDomainAlias('alias.example', 'd.example');

  const { engine: watching, asked } = watched(engine);
  const addresses = new StoreAddresses(watching, (record) => accounts.completed(record));
  const found = await addresses.resolve(address);
  expect(found === null ? 'nobody' : 'found').toBe(outcome);
  expect(asked.sort()).toEqual(reads);
});
