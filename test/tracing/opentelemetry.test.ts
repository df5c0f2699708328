/** Spans of OpenTelemetry: their parents, their names, their errors. */

import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { traceWithOpenTelemetry } from '../../src/tracing/opentelemetry.ts';
import { ENGINE, openTestedStore } from '../engine-under-test.ts';
import { openRest } from '../rest/rest-fixture.ts';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

beforeEach(async () => {
  exporter.reset();
  const stop = await traceWithOpenTelemetry({ tracerProvider });
  onTestFinished(stop);
});

const spans = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name);
const only = (name: string): ReadableSpan => {
  const [span, ...others] = spans(name);
  expect(span, name).toBeDefined();
  expect(others).toEqual([]);
  return span as ReadableSpan;
};

test('a request is the child of its traceparent, and what the store does is the child of the request', async () => {
  const { call, account } = await openRest();
  const ann = await account('ann');
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  exporter.reset();
  await call('GET', `/users/${ann.id}/mailboxes`, null, { headers });
  const request = only('GET /users/{user}/mailboxes');
  expect(request.kind).toBe(SpanKind.SERVER);
  expect(request.spanContext().traceId).toBe(traceId);
  expect(request.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
  expect(request.attributes).toMatchObject({ 'http.request.method': 'GET', 'http.response.status_code': 200 });
  const reads = spans('read transaction');
  expect(reads.length).toBeGreaterThan(0);
  for (const read of reads) {
    expect(read.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(read.attributes).toMatchObject({ 'db.system.name': ENGINE, 'eider.account.id': ann.id });
  }
});

test('operations at once keep their own children, and a failure has its code', async () => {
  await using store = await openTestedStore();
  const [ann, bob] = await Promise.all(['ann', 'bob'].map((name) => store.accounts.create({ name })));
  exporter.reset();
  const tracer = tracerProvider.getTracer('caller');
  await tracer.startActiveSpan('caller', async (span) => {
    const good = [ann!, bob!].map(({ id }) => store.append(id, 'INBOX', 'Subject: private\r\n\r\n'));
    await expect(store.append(ann!.id, 'Nowhere', 'Subject: private\r\n\r\n')).rejects.toThrow();
    await Promise.all(good);
    span.end();
  });
  const appends = spans('append');
  expect(appends).toHaveLength(3);
  const caller = only('caller').spanContext();
  for (const append of appends) expect(append.parentSpanContext?.spanId).toBe(caller.spanId);
  const byId = new Map(appends.map((append) => [append.spanContext().spanId, append]));
  const writes = spans('write transaction');
  expect(writes).toHaveLength(2);
  for (const write of writes) {
    const parent = byId.get(write.parentSpanContext?.spanId ?? '');
    expect(parent?.attributes['eider.account.id']).toBe(write.attributes['eider.account.id']);
  }
  const failed = appends.filter(({ status }) => status.code === SpanStatusCode.ERROR);
  expect(failed.map(({ attributes }) => attributes['error.type'])).toEqual(['MAILBOX_NOT_FOUND']);
  const told = exporter
    .getFinishedSpans()
    .map(({ name, attributes, events, status }) => [name, attributes, events, status]);
  expect(JSON.stringify(told)).not.toMatch(/private|Nowhere/);
});

test('attempts to log in are events of the request, and nothing is told after the end', async () => {
  const { call, account } = await openRest();
  const ann = await account('ann', { password: 'correct horse' });
  await call('POST', '/authenticate', { username: 'ann', password: 'correct horse' });
  const [event] = only('POST /authenticate').events;
  expect(event).toMatchObject({ name: 'eider.auth.attempt', attributes: { 'eider.auth.outcome': 'granted' } });
  expect(event?.attributes?.['eider.account.id']).toBe(ann.id);
  expect(trace.getActiveSpan()).toBeUndefined();
});
