/** The channels of `node:diagnostics_channel` on which eider tells what it does. They are the process's, not a store's. */

import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type {
  AppendMessage,
  AuthAttemptMessage,
  ConnectionMessage,
  DeliveryMessage,
  ImapCommandMessage,
  JobRunMessage,
  OutboxSendMessage,
  RestRequestMessage,
  TransactionMessage,
} from './messages.ts';

/** What is told of operations, by the name of the tracing channel. */
export interface OperationMessages {
  'eider:rest.request': RestRequestMessage;
  'eider:imap.command': ImapCommandMessage;
  'eider:delivery': DeliveryMessage;
  'eider:store.append': AppendMessage;
  'eider:store.transaction': TransactionMessage;
  'eider:outbox.send': OutboxSendMessage;
  'eider:job.run': JobRunMessage;
}

/** What is told of events, by the name of the channel. */
export interface EventMessages {
  'eider:auth.attempt': AuthAttemptMessage;
  'eider:connection': ConnectionMessage;
}

/** A channel on which operations are told, each with one message from start to end. */
export type OperationChannel<Message extends object> = TracingChannel<unknown, Message>;

/** A channel on which events are told. */
export type EventChannel<Message extends object> = Channel<unknown, Message>;

/**
 * Tracing channels, by name: `tracingChannel(name)` of Node.js has the same. An operation is told on `start`, on `end`
 * when it first waits, and on `asyncStart` and `asyncEnd` when it is over; on `error` before those when it failed.
 * What it resolves with is not told.
 */
export const operationChannels: {
  readonly [Name in keyof OperationMessages]: OperationChannel<OperationMessages[Name]>;
} = {
  'eider:rest.request': tracingChannel('eider:rest.request'),
  'eider:imap.command': tracingChannel('eider:imap.command'),
  'eider:delivery': tracingChannel('eider:delivery'),
  'eider:store.append': tracingChannel('eider:store.append'),
  'eider:store.transaction': tracingChannel('eider:store.transaction'),
  'eider:outbox.send': tracingChannel('eider:outbox.send'),
  'eider:job.run': tracingChannel('eider:job.run'),
};

/** Channels of single events, by name: `channel(name)` of Node.js has the same. */
export const eventChannels: { readonly [Name in keyof EventMessages]: EventChannel<EventMessages[Name]> } = {
  'eider:auth.attempt': channel('eider:auth.attempt') as EventChannel<AuthAttemptMessage>,
  'eider:connection': channel('eider:connection') as EventChannel<ConnectionMessage>,
};
