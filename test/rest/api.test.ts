/** What holds for all operations: tokens, roles, limits, bad input, and that none of it is an error of the server's. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Account } from '../../src/model/account.ts';
import { TOKEN_ROLES, type TokenRole } from '../../src/model/authentication.ts';
import { ROLES } from '../../src/rest/access.ts';
import type { Operation } from '../../src/rest/operation.ts';
import { OPERATIONS } from '../../src/rest/operations.ts';
import { runs } from '../engine-under-test.ts';
import { openRest, type RestFixture } from './rest-fixture.ts';

const guarded = OPERATIONS.filter(({ access }) => access !== null);

function pathOf({ path }: Operation, user: string): string {
  return path
    .replace('{user}', user)
    .replace(/\{mailbox\}/, 'inbox')
    .replace(/\{message\}/, path.includes('archived') ? '0'.repeat(24) : '1')
    .replace(/\{attachment\}/, 'ATT00001')
    .replace(/\{\w+\}/g, '0'.repeat(24));
}

describe('without a token', () => {
  test.each(guarded.map((operation) => [operation.id, operation] as const))('%s is refused', async (_, operation) => {
    const { fetch } = await openRest();
    for (const token of [null, 'nonsense', 'eider__', `eider_${'a'.repeat(24)}_${'A'.repeat(43)}`]) {
      const answer = await fetch(operation.method.toUpperCase(), pathOf(operation, 'a'.repeat(24)), null, { token });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, 'InvalidToken']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });
});

test('every role gets what it is granted, and nothing else', async () => {
  const { store, fetch, account, tokenOf } = await openRest({ limits: { requestsPerMinute: 1e6 } });
  const [ann, bob] = [await account('ann'), await account('bob')];
  const wrong: string[] = [];
  let granted = 0;
  for (const role of TOKEN_ROLES) {
    const token = await tokenOf(role === 'account' ? ann : role);
    for (const operation of guarded) {
      for (const whose of operation.path.includes('{user}') ? [ann, bob] : [ann]) {
        const path = pathOf(operation, whose.id);
        const answer = await fetch(
          operation.method.toUpperCase(),
          path,
          operation.method === 'get' ? null : '{"nothing":1}',
          {
            token,
            headers: operation.method === 'get' ? {} : { 'content-type': 'application/json' },
          },
        );
        // A refusal is JSON; what else is answered may have no end.
        const isJson = /json/.test(answer.headers.get('content-type') ?? '');
        const { code = null } = isJson ? ((await answer.json()) as { code?: string }) : {};
        if (!isJson) await answer.body?.cancel();
        const isRefused = code === 'MissingPrivileges';
        const expected = mayCall(role, operation, role === 'account' ? whose.id === ann.id : true);
        if (expected) granted++;
        if (isRefused === expected) wrong.push(`${role} ${operation.id} ${whose.name} ${answer.status} ${code}`);
        if (await store.accounts.find(whose.id)) continue;
        wrong.push(`${operation.id} removed the account though its body was refused`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(granted).toBeGreaterThan(150);

  function mayCall(role: TokenRole, { access, path }: Operation, isOwn: boolean): boolean {
    const grant = access && ROLES[role][access.resource];
    if (!grant?.verbs.includes(access?.verb ?? 'read')) return false;
    if (!grant.own) return true;
    return !access?.any && (isOwn || !path.includes('{user}'));
  }
}, 120_000);

describe('limits', () => {
  test('on requests of a token that is not root, and on tokens that are none', async () => {
    const clock = { now: 1_000_000 };
    const { call, account, tokenOf } = await openRest({
      limits: { requestsPerMinute: 3, badTokensPerMinute: 2 },
      now: () => clock.now,
    });
    const token = await tokenOf(await account('ann'));
    for (let n = 0; n < 3; n++) expect((await call('GET', '/users/me', null, { token })).status).toBe(200);
    const over = await call('GET', '/users/me', null, { token });
    expect([over.status, Number(over.headers.get('retry-after'))]).toEqual([429, 20]);
    for (let n = 0; n < 2; n++) expect((await call('GET', '/users/me', null, { token: 'x' })).status).toBe(401);
    expect((await call('GET', '/users/me', null, { token: 'x' })).status).toBe(429);
    clock.now += 60_000;
    expect((await call('GET', '/users/me', null, { token })).status).toBe(200);
  });

  test('on the octets of a body, said or not', async () => {
    const { fetch } = await openRest({ limits: { bodyOctets: 1_000 } });
    const body = JSON.stringify({ username: 'ann', password: 'x'.repeat(2_000) });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch('POST', '/users', body, { headers })).status).toBe(413);
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(500));
      },
    });
    expect((await fetch('POST', '/users', endless, { headers })).status).toBe(413);
    expect(pulled).toBeLessThan(20);
  });

  test('on the time of a request', async () => {
    const { store, fetch } = await openRest({ limits: { requestMs: 20 } });
    store.accounts.find = () => new Promise(() => {});
    expect((await fetch('GET', '/users/resolve/ann')).status).toBe(503);
  });
});

describe('bad input', () => {
  const deep = (open: string, close: string): string => `${open.repeat(40)}1${close.repeat(40)}`;
  test.each([
    ['no JSON', '{'],
    ['no object', '[1]'],
    ['a name twice', '{"username":"a","username":"b","password":"secret one"}'],
    ['a name twice by an escape', '{"username":"a","user\\u006eame":"b","password":"secret one"}'],
    ['a name of prototypes', '{"__proto__":{"admin":true},"username":"a","password":"secret one"}'],
    ['an escaped name of prototypes', '{"\\u005f_proto__":{},"username":"a","password":"secret one"}'],
    ['deep nests', `{"username":"a","password":"secret one","metaData":{"x":${deep('[', ']')}}}`],
    ['operators', '{"username":{"$ne":null},"password":{"$gt":""}}'],
    ['a lone surrogate', '{"username":"\\ud800","password":"secret one"}'],
    ['a NUL', '{"username":"a\\u0000b","password":"secret one"}'],
    ['a number beyond all bounds', '{"username":"a","password":"secret one","quota":1e400}'],
    ['another type', '{"username":7,"password":"secret one"}'],
  ])('%s', async (_, body) => {
    const { fetch, store } = await openRest();
    const answer = await fetch('POST', '/users', body, { headers: { 'content-type': 'application/json' } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    for await (const account of store.accounts.list()) expect.unreachable(account.name);
  });

  test('octets that are no UTF-8', async () => {
    const { fetch } = await openRest();
    const body = Buffer.concat([
      Buffer.from('{"username":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('","password":"x"}'),
    ]);
    expect((await fetch('POST', '/users', body, { headers: { 'content-type': 'application/json' } })).status).toBe(400);
  });

  test('a form is taken as JSON is', async () => {
    const { fetch } = await openRest();
    const body = new URLSearchParams({
      username: 'ann',
      password: 'secret one',
      quota: '5',
      emptyAddress: 'yes',
    }).toString();
    const answer = await fetch('POST', '/users', body, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(answer.status).toBe(200);
  });
});

test('CORS is closed, unless it is opened for a page', async () => {
  const ask = async (fixture: RestFixture): Promise<string | null> =>
    (await fixture.fetch('GET', '/health', null, { headers: { origin: 'https://mail.example' } })).headers.get(
      'access-control-allow-origin',
    );
  expect(await ask(await openRest())).toBeNull();
  expect(await ask(await openRest({ corsOrigins: ['https://mail.example'] }))).toBe('https://mail.example');
  expect(await ask(await openRest({ corsOrigins: ['https://else.example'] }))).toBeNull();
});

test('the API says what it can do, to programs and to people, below any path', async () => {
  const { api, fetch } = await openRest({ basePath: '/api' });
  const document = (await (await fetch('GET', '/api/openapi.json')).json()) as { openapi: string; paths: object };
  expect([document.openapi, document]).toEqual(['3.1.0', api.openApi]);
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name as string,
  );
  const { schemas } = (document as unknown as { components: { schemas: object } }).components;
  expect(references.length).toBeGreaterThan(50);
  expect(references.filter((name) => !Object.hasOwn(schemas, name))).toEqual([]);
  const page = await (await fetch('GET', '/api/docs')).text();
  expect(OPERATIONS.filter(({ id }) => !page.includes(`id="${id}"`))).toEqual([]);
  expect(page).not.toMatch(/<script|https?:\/\//);
  expect((await fetch('GET', '/users')).status).toBe(404);
  expect((await fetch('GET', '/api/users')).status).toBe(200);
});

describe('whatever comes, no operation fails and none leaks', () => {
  /** Values of a schema, and what is none. */
  function valuesOf(schema: z.ZodType): fc.Arbitrary<unknown> {
    let inner = schema;
    while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodNullable)
      inner = inner.unwrap() as z.ZodType;
    const odd = fc.oneof(
      fc.constantFrom<unknown>(
        '',
        null,
        -1,
        1e308,
        2 ** 53,
        '\u0000',
        '../..',
        '*',
        'me',
        {},
        [],
        true,
        "'; DROP",
        '{%x%}',
        '{{7*7}}',
      ),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    );
    const fit = ((): fc.Arbitrary<unknown> => {
      if (inner instanceof z.ZodBoolean) return fc.boolean();
      if (inner instanceof z.ZodNumber) return fc.oneof(fc.nat({ max: 300 }), fc.integer());
      if (inner instanceof z.ZodEnum) return fc.constantFrom(...(inner.options as unknown[]));
      if (inner instanceof z.ZodLiteral) return fc.constant([...inner.values][0]);
      if (inner instanceof z.ZodUnion) return fc.oneof(...inner.options.map((one) => valuesOf(one as z.ZodType)));
      if (inner instanceof z.ZodArray) return fc.array(valuesOf(inner.element as z.ZodType), { maxLength: 3 });
      if (inner instanceof z.ZodObject)
        return fc.record(
          Object.fromEntries(Object.entries(inner.shape).map(([name, one]) => [name, valuesOf(one as z.ZodType)])),
          { requiredKeys: [] },
        );
      return fc.oneof(
        fc.constantFrom(
          'ann',
          'ann@example.com',
          'inbox',
          '1',
          '2026-01-01',
          '0'.repeat(24),
          'abcd',
          'https://example.com/',
        ),
        fc.string({ maxLength: 30 }),
      );
    })();
    return fc.oneof({ weight: 4, arbitrary: fit }, { weight: 1, arbitrary: odd });
  }

  const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  const SECRET = 'bobs-own-words';

  async function openTwo(): Promise<RestFixture & { ann: Account; bob: Account; annToken: string }> {
    const fixture = await openRest(
      { limits: { requestsPerMinute: 1e9 } },
      {
        secret: Buffer.alloc(32, 5),
        authentication: { limits: { addressAndAccount: { failures: 1, windowMs: 1e6 } } },
      },
    );
    const [ann, bob] = [await fixture.account('ann@example.com'), await fixture.account('bob@example.com')];
    for (const one of [ann, bob]) {
      await fixture.store.append(
        one.id,
        'INBOX',
        `Subject: ${one === bob ? SECRET : 'hello'}\r\n\r\n${one === bob ? SECRET : 'x'}\r\n`,
      );
    }
    await fixture.store.profiles.update(bob.id, { displayName: SECRET });
    return { ...fixture, ann, bob, annToken: await fixture.tokenOf(ann) };
  }

  /** All of an answer; of a stream without an end, what comes at first. */
  async function begunTextOf(answer: Response): Promise<string> {
    if (answer.headers.get('content-type') !== 'text/event-stream') return answer.text();
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    for (;;) {
      const next = await Promise.race([reader.read(), new Promise<null>((done) => setTimeout(done, 50, null))]);
      if (!next || next.done) break;
      text += Buffer.from(next.value).toString();
    }
    await reader.cancel();
    return text;
  }

  test.each(OPERATIONS.map((operation) => [operation.id, operation] as const))(
    '%s',
    async (_, operation) => {
      const { fetch, ann, bob, annToken, token } = await openTwo();
      const { params, query, body } = operation;
      const record = (shape: object): fc.Arbitrary<Record<string, unknown>> =>
        fc.record(Object.fromEntries(Object.entries(shape).map(([name, one]) => [name, valuesOf(one as z.ZodType)])), {
          requiredKeys: [],
        });
      await fc.assert(
        fc.asyncProperty(
          record(params),
          record(query),
          record(body),
          fc.boolean(),
          async (inPath, inQuery, inBody, asRoot) => {
            const path = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => {
              const value =
                name === 'user'
                  ? asRoot
                    ? ann.id
                    : textOf(inPath.user ?? bob.id)
                  : textOf(inPath[name] ?? (name === 'mailbox' ? 'inbox' : '1'));
              return encodeURIComponent(value.toWellFormed());
            });
            const search = new URLSearchParams(Object.entries(inQuery).map(([name, value]) => [name, textOf(value)]));
            const isRead = operation.method === 'get';
            const answer = await fetch(
              operation.method.toUpperCase(),
              `${path}?${search}`,
              isRead ? null : JSON.stringify(inBody),
              {
                token: asRoot ? token : annToken,
                headers: isRead ? {} : { 'content-type': 'application/json' },
              },
            );
            const text = await begunTextOf(answer);
            if (answer.status >= 500 && answer.status !== 501)
              throw new Error(`${answer.status} ${text} ${path}?${search} ${JSON.stringify(inBody)}`);
            if (!asRoot && text.includes(SECRET)) throw new Error(`it leaks: ${path}?${search}`);
          },
        ),
        { numRuns: runs(16) },
      );
    },
    120_000,
  );
});
