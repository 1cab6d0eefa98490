/** A Pub/Sub push subscription calls a function with one message: read, checked, answered so that it comes again or not. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Delivery } from '../connectors/bus/port.ts';
import { messageOf, WireFormatError } from '../schemas/errors.ts';
import { SUBSCRIPTIONS } from '../schemas/subscriptions.ts';
import type { TopicName } from '../schemas/topics.ts';

export type PushedMessage = Omit<Delivery, 'ack' | 'nack'>;

export interface Push {
  readonly topic: TopicName;
  readonly message: PushedMessage;
}

export interface PushHandlerOptions {
  /** Topics that are taken; a push of another one is refused. */
  readonly topics: readonly TopicName[];
  /** Whether Pub/Sub itself calls; asked before anything else is looked at. */
  readonly authorize: (request: IncomingMessage) => boolean | Promise<boolean>;
  /** Resolves when the message has done all it should; rejects where it is to come again. */
  readonly receive: (topic: TopicName, message: PushedMessage) => Promise<void>;
  /** Told of what went wrong, for the log. */
  readonly onError?: (error: unknown) => void;
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
export function pushHandler(
  options: PushHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const status = await statusOf(options, request);
    response.writeHead(status, status === 405 ? { allow: 'POST' } : {}).end();
  };
}

async function statusOf(options: PushHandlerOptions, request: IncomingMessage): Promise<number> {
  try {
    if (!(await options.authorize(request))) return 401;
    if (request.method !== 'POST') return 405;
    const { topic, message } = readPush(await bodyOf(request), options.topics);
    await options.receive(topic, message);
    return 204;
  } catch (error) {
    options.onError?.(error);
    return error instanceof WireFormatError ? 400 : 503;
  }
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

/** The framework has parsed it already; a bare server has not. */
async function bodyOf(request: IncomingMessage & { body?: unknown }): Promise<unknown> {
  if (request.body !== undefined) return request.body;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new WireFormatError(`Expected at most ${MAX_BODY_BYTES} bytes, got more.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (cause) {
    throw new WireFormatError(`Expected JSON of a push, got ${bytes} bytes: ${messageOf(cause)}.`, { cause });
  }
}
