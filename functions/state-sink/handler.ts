/** The state sink in the cloud: push subscriptions of its topics post to it, one message each. */
import type { Handler, PostOptions } from '../post-handler.ts';
import { type PushHandlerOptions, pushHandler } from '../push.ts';
import { type SinkPorts, sinkMessages } from './sink.ts';
import { SINK_TOPICS } from './state-sink.ts';

export type StateSinkHandlerOptions = SinkPorts & PostOptions;

/** Answers 204 once the message is durable, or is a durable dead letter. */
export function stateSinkHandler(options: StateSinkHandlerOptions): Handler {
  const receive: PushHandlerOptions['receive'] = (topic, message) => sinkMessages(options, topic, [message]);
  return pushHandler({ ...options, topics: SINK_TOPICS, receive });
}
