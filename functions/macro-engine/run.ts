/** One run of the MACRO engine: gathers candles, decides for each pair, publishes. Any number of runs of a slot are one. */
import type { MessageBus } from '../../connectors/bus/port.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import type { Meter } from '../../connectors/metrics/meter.ts';
import { ConfigError, messageOf, UpstreamError } from '../../schemas/errors.ts';
import type { MacroBias } from '../../schemas/macro.ts';
import type { MacroParams } from '../../schemas/macro-params.ts';
import { MINUTE_MS, streamKey } from '../../schemas/primitives.ts';
import { messageFor } from '../../transforms/publish/publish.ts';
import { SLOT_MS } from './bias.ts';
import { type CandleSources, gather, type Instrument } from './gather.ts';
import { type MacroDecision, macroOf, slotAt } from './macro.ts';

export interface MacroPair {
  readonly pair: string;
  /** The one whose prices are traded first; the next ones stand in while nothing can be known of it. */
  readonly instruments: readonly [Instrument, ...Instrument[]];
}

export interface MacroEngine extends CandleSources {
  readonly pairs: readonly MacroPair[];
  readonly bus: Pick<MessageBus, 'publish'>;
  readonly clock: Clock;
  readonly params: MacroParams;
  readonly meter?: Meter | undefined;
}

export interface MacroRun {
  /** Unit: ms since the epoch. */
  readonly slot: number;
  readonly decided: readonly (Pick<MacroBias, 'pair' | 'bias' | 'confidence'> & {
    readonly swing: boolean;
  })[];
  /** Nothing was published of them; another run may. */
  readonly failed: readonly { readonly pair: string; readonly reason: string }[];
}

/** Bars that close with the slot are known by then: the graph waits 2 s for late trades, exchanges take about one. */
export const SETTLED_AFTER_MS = 10_000;
/**
 * How long after the slot a run fails rather than decides on less than could be known: what is published of a slot
 * stays, and a timer that tries again may find the exchange reachable.
 */
const PATIENCE_MS = 5 * MINUTE_MS;

/**
 * Decides at a slot; without one, at the newest. The same candles give the same messages, byte for byte, and the bus
 * drops the second copy of an id.
 * @param slot Unit: ms since the epoch. @throws ConfigError where it is none, or yet to come.
 */
export async function runMacro(engine: MacroEngine, slot = slotAt(engine.clock.now())): Promise<MacroRun> {
  const { clock, pairs } = engine;
  if (slot % SLOT_MS !== 0 || slot > clock.now()) {
    throw new ConfigError(
      `Expected a slot of whole 15 minutes that has come, got ${slot}. Leave it out for the newest.`,
    );
  }
  await clock.until(slot + SETTLED_AFTER_MS);
  const ended = await Promise.allSettled(pairs.map((pair) => decideAndPublish(engine, pair, slot)));
  const run: MacroRun = {
    slot,
    decided: ended.flatMap((end) => (end.status === 'fulfilled' ? [summary(end.value)] : [])),
    failed: ended.flatMap((end, i) =>
      end.status === 'rejected' ? [{ pair: pairs[i]!.pair, reason: messageOf(end.reason) }] : [],
    ),
  };
  count(engine, run);
  return run;
}

function count({ meter }: MacroEngine, { failed }: MacroRun): void {
  meter?.count('cst_macro_runs_total', { outcome: failed.length > 0 ? 'partly' : 'done' });
  meter?.count('cst_macro_failed_total', {}, failed.length);
}

function summary({ bias: { pair, bias, confidence }, swing }: MacroDecision): MacroRun['decided'][number] {
  return { pair, bias, confidence, swing: swing !== null };
}

async function decideAndPublish(
  engine: MacroEngine,
  { pair, instruments }: MacroPair,
  slot: number,
): Promise<MacroDecision> {
  const { bus, params } = engine;
  const { instrument, candles, failures } = await gather(instruments, slot, engine, params);
  if (failures.length > 0 && engine.clock.now() < slot + PATIENCE_MS) {
    throw new UpstreamError(
      `Expected an answer for each candle missing of ${pair}, got: ${failures.join(' ')}`,
    );
  }
  const { bias, swing } = withSource(macroOf(pair, candles, params)(slot), instrument, instruments[0]);
  // The bias first: whoever reads a swing of it must not find the former one.
  await bus.publish('macro-bias-updates', [messageFor('macro-bias-updates', bias)]);
  if (swing !== null) await bus.publish('trade-signals-macro', [messageFor('trade-signals-macro', swing)]);
  return { bias, swing };
}

/** Says so where another instrument stood in; its price is not the one to enter at, so that no swing is offered. */
function withSource(decision: MacroDecision, used: Instrument, wanted: Instrument): MacroDecision {
  if (used === wanted) return decision;
  const note = `judged by ${streamKey(used.venue, used.symbol)}`;
  return { bias: { ...decision.bias, reasons: [...decision.bias.reasons, note] }, swing: null };
}
