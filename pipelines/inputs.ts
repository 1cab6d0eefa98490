/** Where data enters the graph: Pub/Sub subscriptions, and the candles known before the start. */
import '../transforms/sdk.beam.ts';
import type { PCollection, Root } from 'apache-beam/pvalue';
import { create } from 'apache-beam/transforms/create';
import { split } from 'apache-beam/transforms/pardo';
import { type PTransform, withName } from 'apache-beam/transforms/transform';
import type { Candle } from '../schemas/candle.ts';
import type { DeadLetter } from '../schemas/dead-letter.ts';
import type { TopicName } from '../schemas/topics.ts';
import { type Keyed, step } from '../transforms/beam.ts';
import type { DecodeConfig, DecodeOutput } from '../transforms/decode/decode.beam.ts';
import { readKnownCandles } from '../transforms/known-candles/known-candles.beam.ts';
import { toBlocks } from '../transforms/known-candles/known-candles.ts';
import type { MinutePart } from '../transforms/market-data.ts';
import { readPubSub } from './pubsub-io.ts';

/** A type alias, since the SDK wants an index signature. */
export type MarketData = {
  readonly ok: PCollection<Keyed<MinutePart>>;
  /** Candles longer than 1m that someone else made. */
  readonly known: PCollection<Candle>;
  readonly dead: PCollection<DeadLetter>;
};

/** The subscription carries its topic's name. */
export function readMarketData(
  project: string,
  topic: TopicName,
  stepName: string,
  decode: (bytes: Uint8Array, config: DecodeConfig) => Iterable<DecodeOutput>,
  config: DecodeConfig,
): PTransform<Root, MarketData> {
  return withName(`Read ${topic}`, (root: Root) =>
    root
      .apply(readPubSub('Subscribe', { project, subscription: topic }))
      .apply(step(stepName, decode, config))
      .apply(withName('SplitDecoded', split(['ok', 'known', 'dead']))),
  ) as unknown as PTransform<Root, MarketData>;
}

export type KnownCandles = {
  readonly minute: PCollection<Keyed<MinutePart>>;
  readonly longer: PCollection<Candle>;
};

/** Warm start: a bounded input of few, large blocks. */
export function knownCandles(history: readonly Candle[]): PTransform<Root, KnownCandles> {
  return withName('ReadHistory', (root: Root) =>
    root
      .apply(withName('Blocks', create(toBlocks(history))))
      .apply(step('ReadKnownCandles', readKnownCandles))
      .apply(withName('SplitKnown', split(['minute', 'longer']))),
  ) as unknown as PTransform<Root, KnownCandles>;
}
