/** What a process remembers of the directory: for a second, and never longer because others ask meanwhile. */

import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { accountRecord } from '../../src/testing/suite.ts';
import { MONGODB_URI } from './mongo-test.ts';
import { testDatabase } from './open-test-engine.ts';

describe.skipIf(MONGODB_URI === null)('the directory of a process', () => {
  const database = testDatabase();

  it('learns within a second that an address has gone to another account, and a password has changed', async () => {
    await database.empty();
    const [one, two] = [await database.open(), await database.open()];
    onTestFinished(async () => {
      await Promise.all([one.close(), two.close()]);
    });
    const [ann, bob] = [accountRecord({ addresses: ['moved@made.example'] }), accountRecord({ addresses: [] })];
    await one.directory.create(ann);
    await one.directory.create(bob);
    expect((await two.directory.find('moved@made.example'))?.id).toBe(ann.id);
    expect((await two.directory.find(bob.name))?.passwordHash).toBeNull();
    await one.directory.update(ann.id, { addresses: [] });
    await one.directory.update(bob.id, { addresses: ['moved@made.example'], passwordHash: 'new' });
    expect((await one.directory.find('moved@made.example'))?.id).toBe(bob.id);
    const start = performance.now();
    while (performance.now() - start < 1200) {
      // Whoever asks for the settings all the time keeps them fresh, and with them no address that has gone.
      await two.directory.get(ann.id);
      await delay(50);
    }
    expect((await two.directory.find('moved@made.example'))?.id).toBe(bob.id);
    expect((await two.directory.find(bob.name))?.passwordHash).toBe('new');
  });

  it('sees its own changes at once, and knows nothing of a name that was not there', async () => {
    await database.empty();
    const engine = await database.open();
    onTestFinished(() => engine.close());
    const { id, name } = accountRecord();
    expect(await engine.directory.find(name)).toBeNull();
    await engine.directory.create(accountRecord({ id }));
    expect((await engine.directory.find(name))?.id).toBe(id);
    await engine.directory.update(id, { passwordHash: 'new' });
    expect((await engine.directory.find(name))?.passwordHash).toBe('new');
    await engine.directory.delete(id);
    expect(await engine.directory.find(name)).toBeNull();
  });
});
