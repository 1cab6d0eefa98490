/** Where the graph's results leave it: each to its topic. */
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

export interface Results {
  readonly minutes: PCollection<Keyed<ClosedMinute>>;
  readonly candles: Candles;
  readonly levels: PCollection<LevelSet>;
  readonly joined: PCollection<DecidedMinute>;
  readonly signals: PCollection<ScalpSignal>;
  readonly dead: readonly PCollection<DeadLetter>[];
}

export function publishAll(results: Results, options: PublishConfig & { readonly project: string }): void {
  const { project, publishAfterMs } = options;
  const config: PublishConfig = { publishAfterMs };
  const publish = (topic: TopicName, messages: PCollection<Uint8Array>, part = '') =>
    messages.apply(writePubSub(`Publish ${topic}${part}`, { project, topic }));

  publish('market-candles', results.minutes.apply(step('ToMessages 1m', minuteMessages, config)), ' 1m');
  for (const interval of INTERVALS.slice(1)) {
    const messages = results.candles[interval].apply(step(`ToMessages ${interval}`, candleMessages, config));
    publish('market-candles', messages, ` ${interval}`);
  }
  publish('market-levels', results.levels.apply(step('ToMessages levels', levelMessages, config)));
  publish('market-features', results.joined.apply(step('ToMessages features', featureMessages, config)));
  publish('trade-signals-micro', results.signals.apply(step('ToMessages signals', signalMessages)));
  const dead: PCollection<DeadLetter> = P([...results.dead]).apply(
    withName('FlattenDead', flatten<DeadLetter>()),
  );
  publish('dead-letters', dead.apply(step('ToMessages dead', deadLetterMessages)));
}
