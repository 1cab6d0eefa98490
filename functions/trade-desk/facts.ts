/** The newest facts of each pair: what an input adds to them. Merged by the facts' own time, so copies and order mean nothing. */
import type { Instrument } from '../../connectors/broker/port.ts';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskConfig, DeskParams } from '../../schemas/desk-params.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { midOf } from './depth.ts';
import { recordRate } from './funding.ts';
import { type Bar, barOf, type DeskInput } from './input.ts';
import { newFacts, type PairFacts } from './state.ts';

/** The same object where the input tells nothing new. Facts are shared by all books; fundings are timed by the first's hours. */
export function observe(
  known: PairFacts | undefined,
  pair: string,
  input: DeskInput,
  config: DeskConfig,
): PairFacts {
  const facts = known ?? newFacts(pair);
  const bar = barOf(input);
  const seen = bar !== null && bar.venue === config.venue ? closeSwingOnBar(facts, bar) : facts;
  switch (input.kind) {
    case 'snapshot':
      return withSnapshot(seen, input.snapshot, config);
    case 'features':
      return input.row.venue === config.venue ? withFeatures(seen, input.row) : seen;
    case 'instrument':
      return withInstrument(seen, input.instrument, input.at);
    case 'bias':
      return withBias(seen, input.bias);
    case 'swing':
      return withSwing(seen, input.swing, input.at);
    default:
      return seen;
  }
}

function withSnapshot(facts: PairFacts, snapshot: BookSnapshot, config: DeskConfig): PairFacts {
  if (snapshot.venue !== config.venue) return facts;
  const rates = snapshot.connected ? ratesWith(facts, snapshot, config.books[0]!) : facts.rates;
  const isNewer = snapshot.ts > (facts.quote?.ts ?? Number.NEGATIVE_INFINITY);
  const swing = closeSwing(facts.swing, snapshot.ts, pricesOf(snapshot));
  if (!isNewer && rates === facts.rates && swing === facts.swing) return facts;
  return { ...facts, quote: isNewer ? snapshot : facts.quote, rates, swing };
}

function ratesWith(facts: PairFacts, snapshot: BookSnapshot, { funding }: DeskParams): PairFacts['rates'] {
  const price = snapshot.markPrice ?? midOf(snapshot) ?? snapshot.lastPrice;
  return recordRate(facts.rates, { ts: snapshot.ts, rate: snapshot.fundingRate, price }, funding);
}

function withFeatures(facts: PairFacts, row: FeatureRow): PairFacts {
  const { closeTime, revision, suppressions } = row;
  const known = facts.features;
  const isOlder =
    known !== null &&
    (closeTime < known.closeTime || (closeTime === known.closeTime && revision <= known.revision));
  return isOlder ? facts : { ...facts, features: { closeTime, revision, suppressions } };
}

function withInstrument(facts: PairFacts, told: Instrument, asOf: number): PairFacts {
  const { lot, minSize, minNotional } = told;
  const known = facts.instrument;
  const isSame = known?.lot === lot && known.minSize === minSize && known.minNotional === minNotional;
  if (isSame || (known !== null && known.asOf >= asOf)) return facts;
  return { ...facts, instrument: { lot, minSize, minNotional, asOf } };
}

function withBias(facts: PairFacts, bias: MacroBias): PairFacts {
  return facts.bias !== null && facts.bias.timestamp >= bias.timestamp ? facts : { ...facts, bias };
}

/** A newer idea takes the place of the one before. One that comes after it expired was never entered. */
function withSwing(facts: PairFacts, signal: SwingSignal, at: number): PairFacts {
  if (at > signal.expires_at) return facts;
  if (facts.swing !== null && facts.swing.signal.timestamp >= signal.timestamp) return facts;
  return { ...facts, swing: { signal, closedAt: null } };
}

function pricesOf(snapshot: BookSnapshot): number[] {
  if (!snapshot.connected) return [];
  return [midOf(snapshot), snapshot.lastPrice].filter((price) => price !== null);
}

function closeSwingOnBar(facts: PairFacts, bar: Bar): PairFacts {
  const opened = facts.swing?.signal.timestamp ?? Number.POSITIVE_INFINITY;
  if (bar.openTime < opened) return facts;
  const swing = closeSwing(facts.swing, bar.closeTime, [bar.low, bar.high]);
  return swing === facts.swing ? facts : { ...facts, swing };
}

/** Closed for good once a price reaches its TP or SL. */
function closeSwing(swing: PairFacts['swing'], ts: number, prices: readonly number[]): PairFacts['swing'] {
  if (swing === null || swing.closedAt !== null || ts <= swing.signal.timestamp) return swing;
  const { side, tp, sl } = swing.signal;
  const [top, bottom] = side === 'LONG' ? [tp, sl] : [sl, tp];
  return prices.some((price) => price >= top || price <= bottom) ? { ...swing, closedAt: ts } : swing;
}
