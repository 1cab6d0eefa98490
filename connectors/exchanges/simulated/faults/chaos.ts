/** A reproducible schedule of faults: every kind as often as any other, at random moments with random weight. */
import { ConfigError } from '../../../../schemas/errors.ts';
import { HOUR_MS } from '../../../../schemas/primitives.ts';
import { hash32, Random } from '../../../random.ts';
import type { StreamKind } from '../../market-event.ts';
import type { TwinVenueName } from '../venue.ts';
import { FAULT_KINDS, type Fault, type FaultKind, faultInfo } from './faults.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly hours: number;
  /** Faults in an hour, of all venues together. */
  readonly perHour: number;
  /** Default: all. */
  readonly kinds?: readonly FaultKind[];
  /** Symbols by venue; a venue without any has no faults. */
  readonly symbols: Readonly<Partial<Record<TwinVenueName, readonly string[]>>>;
}

/**
 * Sorted by time; pure: same options, same faults.
 * @throws ConfigError where no venue has symbols, or none of the kinds is of a venue.
 */
export function chaosSchedule({ seed, hours, perHour, kinds = FAULT_KINDS, symbols }: ChaosOptions): Fault[] {
  const random = new Random(hash32(seed, 'chaos'));
  const choices = (['bybit', 'kraken'] as const).flatMap((venue) =>
    kinds
      .filter(
        (kind) => (symbols[venue]?.length ?? 0) > 0 && (venue === 'kraken' || !faultInfo(kind).isOfKraken),
      )
      .map((kind) => ({ venue, kind })),
  );
  if (choices.length === 0)
    throw new ConfigError('Expected a venue with symbols and kinds of faults, got none.');
  const count = Math.round(hours * perHour);
  const faults: Fault[] = [];
  let round: typeof choices = [];
  for (let i = 0; i < count; i++) {
    if (round.length === 0) round = shuffled(choices, random);
    const { venue, kind } = round.pop()!;
    const afterMs = Math.floor(((i + random.next()) * HOUR_MS) / perHour);
    faults.push({ kind, venue, afterMs, ...details(kind, venue, symbols[venue]!, random) });
  }
  return faults;
}

/** What is left open is drawn; every fault draws alike, so that one more of a kind does not change the others. */
function details(
  kind: FaultKind,
  venue: TwinVenueName,
  symbols: readonly string[],
  random: Random,
): Partial<Fault> {
  const { forMs, amount, statuses, of, isOnConnections } = faultInfo(kind);
  const [length, weight, place, stream, status, scope] = Array.from({ length: 6 }, () => random.next());
  return {
    ...(forMs && { forMs: within(forMs, length!) }),
    ...(amount && { amount: within(amount.range, weight!) }),
    ...(statuses && { status: pick(statuses, status!) }),
    ...(of && { symbol: pick(symbols, place!) }),
    ...(of && of !== 'symbol' && { stream: pick(streamsOf(venue, of), stream!) }),
    ...(isOnConnections && { scope: scope! < 0.5 ? ('one' as const) : ('all' as const) }),
  };
}

/** Kraken has no ticker that is of use here. */
function streamsOf(venue: TwinVenueName, kinds: readonly StreamKind[]): readonly StreamKind[] {
  return venue === 'kraken' ? kinds.filter((kind) => kind !== 'ticker') : kinds;
}

function within([from, to]: readonly [number, number], share: number): number {
  return Math.round(from + (to - from) * share);
}

function pick<T>(from: readonly T[], share: number): T {
  return from[Math.floor(share * from.length)]!;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  for (let i = left.length - 1; i > 0; i--) {
    const j = random.whole(0, i);
    [left[i], left[j]] = [left[j]!, left[i]!];
  }
  return left;
}
