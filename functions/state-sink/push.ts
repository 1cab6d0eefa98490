/** The state sink in the cloud: a Pub/Sub push subscription calls it with one message. Who calls is checked before this. */
import { z } from 'zod';
import { WireFormatError } from '../../schemas/errors.ts';
import { SUBSCRIPTIONS } from '../../schemas/subscriptions.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { type Message, type SinkPorts, sinkMessages } from './sink.ts';
import { SINK_TOPICS } from './state-sink.ts';

/** What Pub/Sub posts. */
const PushRequest = z.object({
  message: z.object({
    data: z.base64().default(''),
    attributes: z.record(z.string(), z.string()).default({}),
    messageId: z.string(),
    publishTime: z.string().transform((text) => Date.parse(text)),
  }),
  subscription: z.string(),
});

/**
 * Writes the message of a request's body; when it resolves, the request is answered with 204.
 * @throws WireFormatError where the body is no push of one of our subscriptions (answer 400), UpstreamError where it is
 * to come again (answer 503).
 */
export async function sinkPushed(ports: SinkPorts, body: unknown): Promise<void> {
  const { topic, message } = readPush(body);
  await sinkMessages(ports, topic, [message]);
}

function readPush(body: unknown): { topic: TopicName; message: Message } {
  const { success, data: push, error } = PushRequest.safeParse(body);
  if (!success) throw new WireFormatError(`Expected a push of Pub/Sub, got: ${z.prettifyError(error)}`);
  const { data, attributes, messageId, publishTime } = push.message;
  return {
    topic: topicOf(push.subscription),
    message: { data: Buffer.from(data, 'base64'), attributes, messageId, publishTimeMs: publishTime },
  };
}

/** Of `projects/p/subscriptions/market-candles-bigtable`. */
function topicOf(subscription: string): TopicName {
  const id = subscription.slice(subscription.lastIndexOf('/') + 1);
  const topic = SUBSCRIPTIONS.find((candidate) => candidate.id === id)?.topic;
  if (topic !== undefined && SINK_TOPICS.includes(topic)) return topic;
  throw new WireFormatError(`Expected a subscription of a topic that state is kept of, got "${id}".`);
}
