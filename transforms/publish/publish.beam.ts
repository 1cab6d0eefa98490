/** Last step before each topic: what is new since the start becomes a message. */
import { type Candle, closeTime } from '../../schemas/candle.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { type Keyed, register } from '../beam.ts';
import type { ClosedMinute } from '../market-data.ts';
import { toMessage } from './publish.ts';

/** What had already closed by then was published by an earlier run. Unit: ms since the epoch. */
export interface PublishConfig {
  readonly publishAfterMs: number;
}

/** `received` tells how many copies of trades came, so that a reader can count duplicates. */
export function* minuteMessages(minute: Keyed<ClosedMinute>, config: PublishConfig): Iterable<Uint8Array> {
  const { candle, received } = minute.value;
  if (closeTime(candle) <= config.publishAfterMs) return;
  yield toMessage('market-candles', candle, { received: String(received) });
}

export function* candleMessages(candle: Keyed<Candle>, config: PublishConfig): Iterable<Uint8Array> {
  if (closeTime(candle.value) > config.publishAfterMs) yield toMessage('market-candles', candle.value);
}

export function* levelMessages(levels: LevelSet, config: PublishConfig): Iterable<Uint8Array> {
  if (levels.asOf > config.publishAfterMs) yield toMessage('market-levels', levels);
}

export function* featureMessages(
  joined: { readonly row: FeatureRow },
  config: PublishConfig,
): Iterable<Uint8Array> {
  if (joined.row.closeTime > config.publishAfterMs) yield toMessage('market-features', joined.row);
}

export function* signalMessages(signal: ScalpSignal): Iterable<Uint8Array> {
  yield toMessage('trade-signals-micro', signal);
}

export function* deadLetterMessages(letter: DeadLetter): Iterable<Uint8Array> {
  yield toMessage('dead-letters', letter);
}

register('transforms/publish/publish', {
  minuteMessages,
  candleMessages,
  levelMessages,
  featureMessages,
  signalMessages,
  deadLetterMessages,
});
