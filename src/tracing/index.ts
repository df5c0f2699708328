/**
 * What eider tells of its work on the channels of `node:diagnostics_channel`, and spans of OpenTelemetry made of that.
 * The channels are there whether this is imported or not; where nobody listens they cost next to nothing.
 *
 * ```ts
 * import { operationChannels } from 'eider/tracing';
 *
 * const { asyncEnd } = operationChannels['eider:imap.command'];
 * asyncEnd.subscribe((message) => console.log(message));
 * ```
 *
 * @module
 */

export {
  type EventChannel,
  type EventMessages,
  eventChannels,
  type OperationChannel,
  type OperationMessages,
  operationChannels,
} from './channels.ts';
export type {
  AppendMessage,
  AuthAttemptMessage,
  ConnectionMessage,
  DeliveryMessage,
  ImapCommandMessage,
  JobRunMessage,
  OperationMessage,
  OutboxSendMessage,
  RestRequestMessage,
  TracedError,
  TransactionMessage,
} from './messages.ts';
export { type OpenTelemetryOptions, traceWithOpenTelemetry } from './opentelemetry.ts';
