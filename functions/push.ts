/** A Pub/Sub push subscription calls a function with one message: read, checked, answered so that it comes again or not. */
import { z } from 'zod';
import type { Delivery } from '../connectors/bus/port.ts';
import type { Stages } from '../connectors/telemetry/stages.ts';
import { delivered } from '../connectors/telemetry/traced-bus.ts';
import { WireFormatError } from '../schemas/errors.ts';
import { SUBSCRIPTIONS } from '../schemas/subscriptions.ts';
import type { TopicName } from '../schemas/topics.ts';
import { traceIdIn } from '../schemas/trace.ts';
import { type Handler, type PostOptions, postHandler, statusOfFailure } from './post-handler.ts';
import { jsonOf } from './request-body.ts';

export type PushedMessage = Omit<Delivery, 'ack' | 'nack'>;

export interface Push {
  readonly topic: TopicName;
  readonly message: PushedMessage;
}

export interface PushHandlerOptions extends PostOptions {
  /** Topics that are taken; a push of another one is refused. */
  readonly topics: readonly TopicName[];
  readonly stages?: Stages | undefined;
  /** Resolves when the message has done all it should; rejects where it is to come again. */
  readonly receive: (topic: TopicName, message: PushedMessage) => Promise<void>;
}

/** A message has 10 MB at most, a third more in base64. */
const MAX_BODY_BYTES = 14 * 2 ** 20;

/** What Pub/Sub posts. */
const PushRequest = z.object({
  message: z.object({
    data: z.base64().default(''),
    attributes: z.record(z.string(), z.string()).default({}),
    messageId: z.string(),
    publishTime: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'Expected a time'),
    orderingKey: z.string().default(''),
  }),
  subscription: z.string(),
  deliveryAttempt: z.number().int().positive().default(1),
});

/**
 * `POST /`. 204: done, it does not come again. 503: it failed, it comes again. 400, 401, 405: refused; it comes again, too,
 * until a person has put right what is wrong.
 */
export function pushHandler(options: PushHandlerOptions): Handler {
  return postHandler(options, async (request) => {
    const { topic, message } = readPush(await jsonOf(request, MAX_BODY_BYTES), options.topics);
    const { receive, stages, onError } = options;
    if (stages) delivered(stages, topic, message);
    try {
      await receive(topic, message);
      return 204;
    } catch (error) {
      onError?.(error, traceIdIn(message.attributes));
      return statusOfFailure(error);
    }
  });
}

/** @throws WireFormatError where the body is no push of a subscription of one of the topics. */
export function readPush(body: unknown, topics: readonly TopicName[]): Push {
  const { success, data: push, error } = PushRequest.safeParse(body);
  if (!success) throw new WireFormatError(`Expected a push of Pub/Sub, got: ${z.prettifyError(error)}`);
  const { data, publishTime, ...message } = push.message;
  return {
    topic: topicOf(push.subscription, topics),
    message: {
      ...message,
      data: Buffer.from(data, 'base64'),
      publishTimeMs: Date.parse(publishTime),
      attempt: push.deliveryAttempt,
    },
  };
}

/** Of `projects/p/subscriptions/market-candles-bigtable`. */
function topicOf(subscription: string, topics: readonly TopicName[]): TopicName {
  const id = subscription.slice(subscription.lastIndexOf('/') + 1);
  const topic = SUBSCRIPTIONS.find((candidate) => candidate.id === id)?.topic;
  if (topic !== undefined && topics.includes(topic)) return topic;
  throw new WireFormatError(`Expected a subscription of ${topics.join(', ')}, got "${id.slice(0, 255)}".`);
}
