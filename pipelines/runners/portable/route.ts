/** First step of a graph whose subscriptions share one TestStream: takes the messages of one of them out of the frames. */
import { register } from '../../../transforms/beam.ts';
import { messagesOf } from './frame.ts';

export interface RouteConfig {
  /** Number of the subscription. */
  readonly subscription: number;
}

/** Frames in, serialized PubsubMessages out. */
export function takeMessages(frame: Uint8Array, config: RouteConfig): Iterable<Uint8Array> {
  return messagesOf(frame, config.subscription);
}

register('pipelines/runners/portable/route', { takeMessages });
