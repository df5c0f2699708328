/** What the spans of operations are called, and what they say: names of the semantic conventions where they have any. */

import type { AccountId } from '../model/ids.ts';
import type { OperationMessages } from './channels.ts';

/** Attributes of a span. */
export type SpanAttributes = Record<string, string | number>;

/** How the messages of one channel become spans. */
export interface SpanDescription<Message> {
  begin(message: Message): {
    readonly name: string;
    readonly kind: 'INTERNAL' | 'SERVER' | 'CLIENT';
    readonly attributes: SpanAttributes;
  };
  /** What is known at the end. */
  end(message: Message): SpanAttributes;
}

/** By channel. */
export const spanDescriptions: {
  readonly [Name in keyof OperationMessages]: SpanDescription<OperationMessages[Name]>;
} = {
  'eider:rest.request': {
    begin: ({ operation, method, route }) => ({
      name: `${method} ${route}`,
      kind: 'SERVER',
      attributes: { 'http.request.method': method, 'http.route': route, 'eider.operation': operation },
    }),
    end: ({ status }) => (status === null ? {} : { 'http.response.status_code': status }),
  },
  'eider:imap.command': {
    begin: ({ command, connection, remoteAddress, account }) => ({
      name: `IMAP ${command}`,
      kind: 'SERVER',
      attributes: {
        'network.protocol.name': 'imap',
        'client.address': remoteAddress,
        'eider.imap.command': command,
        'eider.connection.id': connection,
        ...ofAccount(account),
      },
    }),
    end: ({ status, code }) => ({
      ...(status !== null && { 'eider.imap.status': status }),
      ...(code !== null && { 'eider.imap.code': code }),
    }),
  },
  'eider:delivery': {
    begin: ({ protocol, recipients }) => ({
      name: 'deliver',
      // Nothing else has a span of what comes by LMTP.
      kind: protocol === 'lmtp' ? 'SERVER' : 'INTERNAL',
      attributes: { 'network.protocol.name': protocol, 'eider.delivery.recipients': recipients },
    }),
    end: ({ outcomes }) => ({ 'eider.delivery.failed': outcomes.filter(({ result }) => result === 'failed').length }),
  },
  'eider:store.append': {
    begin: ({ account, messages }) => ({
      name: 'append',
      kind: 'INTERNAL',
      attributes: { ...ofAccount(account), 'eider.append.messages': messages },
    }),
    end: ({ octets }) => (octets === null ? {} : { 'eider.append.octets': octets }),
  },
  'eider:store.transaction': {
    begin: ({ engine, kind, account }) => ({
      name: `${kind} transaction`,
      kind: 'INTERNAL',
      attributes: { 'db.system.name': engine, 'db.operation.name': kind, ...ofAccount(account) },
    }),
    end: () => ({}),
  },
  'eider:outbox.send': {
    begin: ({ id, kind, account, attempt }) => ({
      name: `send ${kind ?? 'nothing'}`,
      kind: 'CLIENT',
      attributes: {
        'eider.outbox.id': id,
        'eider.outbox.attempt': attempt,
        ...(kind !== null && { 'eider.outbox.kind': kind }),
        ...ofAccount(account),
      },
    }),
    end: ({ result }) => (result === null ? {} : { 'eider.outbox.result': result }),
  },
  'eider:job.run': {
    begin: ({ id, kind, account }) => ({
      name: `job ${kind}`,
      kind: 'INTERNAL',
      attributes: { 'eider.job.id': id, 'eider.job.kind': kind, ...ofAccount(account) },
    }),
    end: ({ state }) => (state === null ? {} : { 'eider.job.state': state }),
  },
};

function ofAccount(account: AccountId | null): SpanAttributes {
  return account === null ? {} : { 'eider.account.id': account };
}
