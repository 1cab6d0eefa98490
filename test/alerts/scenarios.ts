/** What was recorded, and which alerts are to fire in it, from which minute to which. Minutes of market time since the start. */
import type { Fault } from './watched-stack.fixture.ts';

/** First minute of firing, and the first in which it fires no more; null: until the end. */
export type Firing = readonly [from: number, until: number | null];

export interface Scenario {
  readonly minutes: number;
  readonly faults: readonly { readonly minute: number; readonly fault: Fault }[];
  /** Settings of the one book. */
  readonly book?: object;
  /** All alerts that fire, by name; no other may. */
  readonly fires: Readonly<Record<string, Firing>>;
}

/** A fault that begins in this minute is long past warming, and a bar or two have closed. */
const FAULT_AT = 10;
const from = (fault: Fault, healedAt?: number): Scenario['faults'] => [
  { minute: FAULT_AT, fault },
  ...(healedAt === undefined ? [] : [{ minute: healedAt, fault: 'none' as const }]),
];

export const SCENARIOS = {
  healthy: { minutes: 40, faults: [], fires: {} },
  'feed-dead': {
    minutes: 25,
    faults: from('feed-dead'),
    fires: {
      FeedDead: [12, null],
      FeedSilent: [12, null],
      BookOutOfSync: [14, null],
      BarsIncomplete: [17, null],
      // Before, too few bars prove it.
      CandleCompleteBurnsFast: [23, null],
      CandleCompleteBurnsSlow: [23, null],
    },
  },
  'feed-silent': {
    minutes: 30,
    faults: from('feed-silent', 18),
    fires: {
      FeedSilent: [12, 19],
      BarsIncomplete: [17, null],
      CandleCompleteBurnsFast: [19, null],
      CandleCompleteBurnsSlow: [19, null],
      // REST does not give back trades of eight minutes.
      GapLost: [20, null],
      // The relay waits for a silent exchange in the machine's time: a second and a half of it are half a minute here.
      CandleTimelyBurnsFast: [22, null],
      CandleTimelyBurnsSlow: [22, null],
    },
  },
  'graph-stalled': {
    minutes: 30,
    faults: from('graph-stalled', 20),
    fires: {
      NoCandle: [13, 21],
      PipelineLag: [14, 21],
      StateStale: [16, 21],
      CandleMissing: [17, 21],
      CandleTimelyBurnsFast: [22, null],
      CandleTimelyBurnsSlow: [22, null],
    },
  },
  'bus-away': {
    minutes: 30,
    faults: from('bus-away', 20),
    fires: {
      DeskBlind: [12, 22],
      StateStale: [12, 21],
      NoCandle: [13, 21],
      PipelineLag: [13, 21],
      RelayBusFailing: [13, 21],
      CandleMissing: [16, 21],
      RelaySpilling: [18, 21],
      CandleTimelyBurnsFast: [22, null],
      CandleTimelyBurnsSlow: [22, null],
    },
  },
  // The first alert after the fault is one of minute 22.
  'outbox-stuck': {
    minutes: 40,
    faults: from('outbox-stuck', 30),
    fires: {
      TelegramFailing: [23, 40],
      AlertOutboxStuck: [26, 31],
      AlertTimelyBurnsFast: [31, 39],
      AlertTimelyBurnsSlow: [31, 39],
    },
  },
  // Its last bias is of minute 6.
  'macro-silent': { minutes: 55, faults: from('macro-silent'), fires: { MacroSilent: [43, null] } },
  // A fee of 2 % makes every trade a loss.
  'daily-loss': {
    minutes: 40,
    faults: [],
    book: { paper: { takerFee: 0.02, makerFee: 0.02, timeoutMs: 120_000 }, risk: { maxMargin: 1 } },
    fires: { DailyLoss: [7, null], DeskHalted: [9, null] },
  },
  // Nothing else is known while nothing is heard.
  'dead-man': { minutes: 25, faults: from('dead-man', 20), fires: { StageSilent: [13, 20] } },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
