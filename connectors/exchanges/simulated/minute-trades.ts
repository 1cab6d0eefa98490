/** The trades of one minute: taker orders along the minute's planned path, some of them sweeping several fills. */

import { hash32, Random } from '../../random.ts';
import type { MinutePlan } from './choreography.ts';
import type { Instrument } from './instruments.ts';

/** Room for one minute's fills in the order of the match, to be used again for minute after minute. */
export interface MinuteTrades {
  count: number;
  /** ms since the minute's start. */
  readonly offset: Int32Array;
  /** Fills of one taker order share its number. */
  readonly order: Int32Array;
  /** Whole ticks and lots. */
  readonly ticks: Int32Array;
  readonly lots: Int32Array;
  /** 1 where the taker bought. */
  readonly buy: Uint8Array;
}

const FEWEST_ORDERS = 5;
const MOST_ORDERS = 400;
const SWEEP_SHARE = 0.12;
const MOST_FILLS = 5;

interface Path {
  readonly at: readonly number[];
  readonly ticks: readonly number[];
  readonly low: number;
  readonly high: number;
}

export function newMinuteTrades(): MinuteTrades {
  const most = MOST_ORDERS * MOST_FILLS;
  return {
    count: 0,
    offset: new Int32Array(most),
    order: new Int32Array(most),
    ticks: new Int32Array(most),
    lots: new Int32Array(most),
    buy: new Uint8Array(most),
  };
}

/** Fills `trades` with those of the minute: pure in seed, plan and minute. */
export function tradeMinute(
  trades: MinuteTrades,
  seed: number,
  instrument: Instrument,
  plan: MinutePlan,
  minute: number,
): void {
  const random = new Random(hash32(seed, 'trades', minute));
  trades.count = 0;
  if (random.chance(instrument.silentShare)) return;
  const wanted = Math.round(instrument.ordersPerMinute * plan.volume * random.between(0.85, 1.15));
  const orders = Math.min(MOST_ORDERS, Math.max(FEWEST_ORDERS, wanted));
  const path = pathOf(instrument, plan, orders, random);
  let leg = 0;
  for (let i = 0; i < orders; i++) {
    while (leg < path.at.length - 2 && i > path.at[leg + 1]!) leg++;
    addOrder(trades, instrument, random, path, i, orders, leg);
  }
}

/** Whole ticks of a log distance from the instrument's base. */
export function ticksOf({ price, tick }: Instrument, distance: number): number {
  return Math.round((price * Math.exp(distance)) / tick);
}

/** Corners of the path by order number: open, the two extremes (the one behind the move first), close. */
function pathOf(instrument: Instrument, plan: MinutePlan, orders: number, random: Random): Path {
  const [open, close, low, high] = [plan.open, plan.close, plan.low, plan.high].map((distance) =>
    ticksOf(instrument, distance),
  ) as [number, number, number, number];
  const last = orders - 1;
  const first = Math.max(1, Math.floor(last * random.between(0.15, 0.45)));
  const second = Math.min(last - 1, Math.max(first + 1, Math.floor(last * random.between(0.55, 0.85))));
  const extremes = close >= open ? [low, high] : [high, low];
  return { at: [0, first, second, last], ticks: [open, ...extremes, close], low, high };
}

function addOrder(
  trades: MinuteTrades,
  instrument: Instrument,
  random: Random,
  path: Path,
  i: number,
  orders: number,
  leg: number,
): void {
  const [fromAt, toAt] = [path.at[leg]!, path.at[leg + 1]!];
  const [from, to] = [path.ticks[leg]!, path.ticks[leg + 1]!];
  const isCorner = i === fromAt || i === toAt;
  const noise = isCorner ? 0 : random.whole(-1, 1);
  const straight = Math.round(from + ((to - from) * (i - fromAt)) / (toAt - fromAt)) + noise;
  const offset = Math.floor(((i + random.next()) * 60_000) / orders);
  const isBuy = random.chance(to === from ? 0.5 : to > from ? 0.75 : 0.25);
  const fills = !isCorner && random.chance(SWEEP_SHARE) ? random.whole(2, MOST_FILLS) : 1;
  let ticks = Math.min(path.high, Math.max(path.low, straight));
  for (let fill = 0; fill < fills; fill++) {
    const share = random.next();
    const row = trades.count++;
    trades.offset[row] = offset;
    trades.order[row] = i;
    trades.ticks[row] = ticks;
    // Mean of 3 × share² is 1.
    trades.lots[row] = 1 + Math.floor((3 * share * share * instrument.lotsPerOrder) / fills);
    trades.buy[row] = isBuy ? 1 : 0;
    if (random.chance(0.5)) ticks = Math.min(path.high, Math.max(path.low, ticks + (isBuy ? 1 : -1)));
  }
}
