/** The notifier behind push subscriptions: each posts one message, which is answered once it is in the outbox. */
import type { MessageBus } from '../../connectors/bus/port.ts';
import type { Stages } from '../../connectors/telemetry/stages.ts';
import type { Handler, PostOptions } from '../post-handler.ts';
import { type PushHandlerOptions, pushHandler } from '../push.ts';
import { NOTIFIER_TOPICS, takeMessages } from './messages.ts';
import type { Notifier } from './notifier.ts';

export interface NotifierHandlerOptions extends PostOptions {
  readonly notifier: Notifier;
  readonly bus: Pick<MessageBus, 'publish'>;
  readonly stages?: Stages | undefined;
}

/** Needs one instance, always on: what it was told is sent in the time between requests, too. */
export function notifierHandler(options: NotifierHandlerOptions): Handler {
  const { notifier, bus } = options;
  const receive: PushHandlerOptions['receive'] = (topic, message) =>
    takeMessages(notifier, bus, topic, [message]);
  return pushHandler({ ...options, topics: NOTIFIER_TOPICS, receive });
}
