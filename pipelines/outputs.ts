/** Where the graph's results leave it: each to its topic. */
import '../transforms/sdk.beam.ts';
import { P, type PCollection } from 'apache-beam/pvalue';
import { flatten } from 'apache-beam/transforms/flatten';
import { withName } from 'apache-beam/transforms/transform';
import type { DeadLetter } from '../schemas/dead-letter.ts';
import type { LevelSet } from '../schemas/level-set.ts';
import { INTERVALS } from '../schemas/primitives.ts';
import type { ScalpSignal } from '../schemas/scalp-signal.ts';
import type { TopicName } from '../schemas/topics.ts';
import { type Keyed, step } from '../transforms/beam.ts';
import type { DecidedMinute } from '../transforms/features/features.beam.ts';
import type { ClosedMinute } from '../transforms/market-data.ts';
import {
  candleMessages,
  deadLetterMessages,
  featureMessages,
  levelMessages,
  minuteMessages,
  type PublishConfig,
  signalMessages,
} from '../transforms/publish/publish.beam.ts';
import { writePubSub } from './pubsub-io.ts';
import type { Candles } from './roll-ups.ts';

export interface CandleResults {
  readonly minutes: PCollection<Keyed<ClosedMinute>>;
  readonly candles: Candles;
  readonly dead: readonly PCollection<DeadLetter>[];
}

export interface SignalResults {
  readonly levels: PCollection<LevelSet>;
  readonly joined: PCollection<DecidedMinute>;
  readonly signals: PCollection<ScalpSignal>;
}

export interface PublishOptions extends PublishConfig {
  readonly project: string;
}

export function publishCandles(results: CandleResults, options: PublishOptions): void {
  const { project, publishAfterMs } = options;
  const config: PublishConfig = { publishAfterMs };
  const bars = results.minutes.apply(step('ToMessages 1m', minuteMessages, config));
  publish(project, 'market-candles', bars, ' 1m');
  for (const interval of INTERVALS.slice(1)) {
    const longer = results.candles[interval].apply(step(`ToMessages ${interval}`, candleMessages, config));
    publish(project, 'market-candles', longer, ` ${interval}`);
  }
  const dead: PCollection<DeadLetter> = P([...results.dead]).apply(
    withName('FlattenDead', flatten<DeadLetter>()),
  );
  publish(project, 'dead-letters', dead.apply(step('ToMessages dead', deadLetterMessages)));
}

export function publishSignals(results: SignalResults, options: PublishOptions): void {
  const { project, publishAfterMs } = options;
  const config: PublishConfig = { publishAfterMs };
  const { levels, joined, signals } = results;
  publish(project, 'market-levels', levels.apply(step('ToMessages levels', levelMessages, config)));
  publish(project, 'market-features', joined.apply(step('ToMessages features', featureMessages, config)));
  publish(project, 'trade-signals-micro', signals.apply(step('ToMessages signals', signalMessages)));
}

function publish(project: string, topic: TopicName, messages: PCollection<Uint8Array>, part = ''): void {
  messages.apply(writePubSub(`Publish ${topic}${part}`, { project, topic }));
}
