import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SaslContext, SaslStep } from '../../../src/auth/sasl/mechanism.ts';
import { offeredMechanisms } from '../../../src/auth/sasl/mechanisms.ts';

const context: SaslContext = {
  channelBindings: [{ type: 'tls-exporter', data: Buffer.alloc(32) }],
  scram: { keys: async () => null, secret: Buffer.from('secret') },
  bearer: {},
};
const mechanisms = offeredMechanisms(context);
const names = mechanisms.map(({ name }) => name);

/** Octets of any kind, and such as come near to what is meant. */
const octets = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array)),
  fc
    .array(
      fc
        .constantFrom('n,', 'y,', 'p=tls-exporter,', 'a=b', ',', 'n=ann', 'r=abc', 'c=biws', 'm=x', 'p=AAAA', '=', '\0')
        .chain((text) => fc.constantFrom(text, `${text},`, `${text}\x01`, 'auth=Bearer a\x01', 'user=b\x01', '\x01')),
      { maxLength: 8 },
    )
    .map((parts) => Buffer.from(parts.join(''))),
  fc.constantFrom(Buffer.alloc(4097, 'n'), Buffer.alloc(12_289, 'n')),
);

describe('any octets', () => {
  test.each(names)('%s ends in a few steps, and lets nobody in', async (name) => {
    const mechanism = mechanisms.find((each) => each.name === name);
    await fc.assert(
      fc.asyncProperty(fc.option(octets), fc.array(octets, { minLength: 4, maxLength: 4 }), async (initial, rest) => {
        const exchange = mechanism?.start(context);
        let step = (await exchange?.step(initial)) as SaslStep;
        for (const response of rest) {
          if (step.kind === 'challenge') step = (await exchange?.step(response)) as SaslStep;
          if (step.kind === 'credentials') step = (await exchange?.answer(false)) as SaslStep;
        }
        expect(step.kind).toBe('failure');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a caller out of turn', () => {
  test('gets a failure, and the exchange is over', async () => {
    const plain = mechanisms.find(({ name }) => name === 'PLAIN');
    const outOfOrder = { kind: 'failure', reason: 'out-of-order', authcid: null };
    const early = plain?.start(context);
    expect(await early?.answer(true)).toEqual(outOfOrder);
    expect(await early?.step(Buffer.from('\0ann\0secret'))).toEqual(outOfOrder);
    const late = plain?.start(context);
    expect(await late?.step(Buffer.from('\0ann\0secret'))).toMatchObject({ kind: 'credentials' });
    expect(await late?.step(Buffer.from('\0bob\0secret'))).toEqual(outOfOrder);
    expect(await late?.answer(true)).toEqual(outOfOrder);
    const done = plain?.start(context);
    await done?.step(Buffer.from('\0ann\0secret'));
    expect(await done?.answer(true)).toEqual({ kind: 'success' });
    expect(await done?.answer(true)).toEqual(outOfOrder);
  });

  test('cannot send two responses at once', async () => {
    const exchange = mechanisms[0]?.start({
      ...context,
      scram: { ...context.scram, keys: () => new Promise(() => {}) } as never,
    });
    exchange?.step(Buffer.from('p=tls-exporter,,n=ann,r=abc'));
    expect(await exchange?.step(Buffer.from('x'))).toMatchObject({ reason: 'out-of-order' });
  });
});

describe('offeredMechanisms', () => {
  test('has what there are parts for, the strongest first', () => {
    const all = ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'OAUTHBEARER', 'XOAUTH2', 'PLAIN', 'LOGIN'];
    expect(names).toEqual(all);
    const without = (part: Partial<SaslContext>) =>
      offeredMechanisms({ channelBindings: [], ...part }).map(({ name }) => name);
    expect(without({})).toEqual(['PLAIN', 'LOGIN']);
    expect(without(context.scram ? { scram: context.scram } : {})).toEqual(['SCRAM-SHA-256', 'PLAIN', 'LOGIN']);
    expect(without({ channelBindings: context.channelBindings })).toEqual(['PLAIN', 'LOGIN']);
  });
});
