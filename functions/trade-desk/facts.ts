/** The newest facts of each pair: what an input adds to them. Merged by the facts' own time, so copies and order mean nothing. */
import type { Instrument } from '../../connectors/broker/port.ts';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskConfig, DeskParams } from '../../schemas/desk-params.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { MacroBias } from '../../schemas/macro.ts';
import { midOf } from './depth.ts';
import { recordRate } from './funding.ts';
import { barOf, type DeskInput } from './input.ts';
import { newFacts, type PairFacts } from './state.ts';
import { openSwing, swingOnBar, swingOnSnapshot } from './swings.ts';

/** The same object where the input tells nothing new. Facts are shared by all books; fundings are timed by the first's hours. */
export function observe(
  known: PairFacts | undefined,
  pair: string,
  input: DeskInput,
  config: DeskConfig,
): PairFacts {
  const facts = known ?? newFacts(pair);
  const bar = barOf(input);
  const seen = bar !== null && bar.venue === config.venue ? swingOnBar(facts, bar) : facts;
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
      return openSwing(seen, input.swing, input.at, config);
    case 'swing_published':
      return withoutTold(seen, input.ids);
    default:
      return seen;
  }
}

function withSnapshot(facts: PairFacts, snapshot: BookSnapshot, config: DeskConfig): PairFacts {
  if (snapshot.venue !== config.venue) return facts;
  const rates = snapshot.connected ? ratesWith(facts, snapshot, config.books[0]!) : facts.rates;
  const isNewer = snapshot.ts > (facts.quote?.ts ?? Number.NEGATIVE_INFINITY);
  const seen = swingOnSnapshot(facts, snapshot);
  if (!isNewer && rates === facts.rates) return seen;
  return { ...seen, quote: isNewer ? snapshot : facts.quote, rates };
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

function withoutTold(facts: PairFacts, ids: readonly string[]): PairFacts {
  const outbox = facts.outbox.filter(({ id }) => !ids.includes(id));
  return outbox.length === facts.outbox.length ? facts : { ...facts, outbox };
}
