/** Markets that break, told to the desk second by second in virtual time: what it opened, and where it left. Pure. */
import type { DeskInput } from '../../functions/trade-desk/input.ts';
import { type DeskState, EMPTY_DESK } from '../../functions/trade-desk/state.ts';
import { desk } from '../../functions/trade-desk/trade-desk.ts';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { DeskConfig } from '../../schemas/desk-params.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { MINUTE_MS, type PositionSide } from '../../schemas/primitives.ts';
import { type ScalpSignal, signalId } from '../../schemas/scalp-signal.ts';
import { type Criterion, percent } from '../report/criteria.ts';

/** Two hours after a funding. */
const START = Date.UTC(2026, 0, 7, 10);
const SECOND = 1_000;
const PRICE = 100;
/** How far beyond its price an SL may be filled. Unit: share of price. */
const SL_LIMIT = 0.001;
const MOVE = 0.1;
const SYMBOL = 'BTCUSDT';

/** All scenarios on the desk with its default parameters. */
export function stressCriteria(): Criterion[] {
  return [
    ...stopCriteria('−10 % in a minute, LONG open', crash('LONG')),
    ...stopCriteria('+10 % in a minute, SHORT open', crash('SHORT')),
    ...stopCriteria('SL passed while the feed was out', crash('LONG', { from: 1, to: 30 })),
    ...stopCriteria('Bids vanish, LONG open', crash('LONG', { from: 1, to: 60 }, { bestBid: null }), false),
    somethingOpened('Healthy market, to compare', offered({})),
    nothingOpened('Feed outage, told by the relay', offered({ connected: false })),
    nothingOpened('Feed outage, nothing told at all', offered(null)),
    nothingOpened('Exchange lags by 30 s', offered({}, 30 * SECOND)),
    nothingOpened('Book out of sync for 10 s', offered({ desyncMs: 10 * SECOND })),
    nothingOpened('Book without asks', offered({ bestAsk: null }, 0, 'LONG')),
    nothingOpened('Book without bids', offered({ bestBid: null }, 0, 'SHORT')),
  ];
}

class Stage {
  readonly config = DeskConfig.parse({});
  readonly events: PositionEvent[] = [];
  #state: DeskState = EMPTY_DESK;

  tell(input: DeskInput): void {
    const { state, events } = desk(this.#state, input, this.config);
    this.#state = state;
    this.events.push(...events);
  }
}

interface Stopped {
  readonly side: PositionSide;
  readonly sl: number;
  /** The first quote that the desk could act on, with the price at which it would have closed. */
  readonly beyond: BookSnapshot;
  readonly exit: PositionEvent | undefined;
}

/** Seconds in which quotes are not as they should be. */
interface Spell {
  readonly from: number;
  readonly to: number;
}

/** Steps of a sixth of a percent pass the SL between two quotes. A position is open; then the market goes against it in even steps, one a second. */
function crash(
  side: PositionSide,
  spell?: Spell,
  known: Partial<BookSnapshot> = { connected: false },
): Stopped {
  const stage = new Stage();
  const told = signalAt(START, side);
  stage.tell({ kind: 'snapshot', at: START, snapshot: quoteAt(START, PRICE) });
  stage.tell({ kind: 'signal', at: START, signal: told });
  const sign = side === 'LONG' ? -1 : 1;
  let beyond: BookSnapshot | undefined;
  for (let second = 1; second <= 60; second++) {
    const at = START + second * SECOND;
    const isSpell = spell !== undefined && second >= spell.from && second <= spell.to;
    const mid = PRICE * (1 + (sign * MOVE * (second - 0.5)) / 60);
    const snapshot = quoteAt(at, mid, isSpell ? known : {});
    const price = side === 'LONG' ? (snapshot.bestBid ?? snapshot.lastPrice!) : snapshot.bestAsk!;
    if (snapshot.connected && sign * (price - told.sl) >= 0) beyond ??= snapshot;
    stage.tell({ kind: 'snapshot', at, snapshot });
  }
  const exit = stage.events.find(({ kind }) => kind === 'EXIT');
  return { side, sl: told.sl, beyond: beyond!, exit };
}

/** @param isDeep False: there is no depth to be filled from. */
function stopCriteria(name: string, { side, sl, beyond, exit }: Stopped, isDeep = true): Criterion[] {
  const isPrompt = exit?.exit === 'SL' && exit.ts === beyond.ts;
  const prompt: Criterion = {
    name: `${name}: acted on`,
    wanted: 'SL, within one snapshot',
    got: exit === undefined ? 'not closed' : `${exit.exit}, ${(exit.ts - beyond.ts) / SECOND} s after it`,
    verdict: isPrompt ? 'PASS' : 'FAIL',
  };
  if (!isDeep || exit?.price === null || exit === undefined) return [prompt];
  const quote = side === 'LONG' ? beyond.bestBid! : beyond.bestAsk!;
  const sign = side === 'LONG' ? 1 : -1;
  const [fromSl, fromQuote] = [sl, quote].map((price) => (sign * (price - exit.price!)) / price) as [
    number,
    number,
  ];
  const price: Criterion = {
    name: `${name}: price`,
    wanted: 'within 0.1 % of the SL, or of the first quote where that is beyond',
    got: `${percent(fromSl)} beyond the SL, ${percent(fromQuote)} beyond the quote`,
    verdict: Math.min(fromSl, fromQuote) <= SL_LIMIT ? 'PASS' : 'FAIL',
  };
  return [prompt, price];
}

interface Offered {
  readonly signals: number;
  readonly entered: number;
  readonly refusals: readonly string[];
}

/** Signals come each ten seconds for two minutes; the last healthy quote was a minute ago. @param known Null: no quotes at all. */
function offered(known: Partial<BookSnapshot> | null, lagMs = 0, only?: PositionSide): Offered {
  const stage = new Stage();
  const before = START - MINUTE_MS;
  stage.tell({ kind: 'snapshot', at: before, snapshot: quoteAt(before, PRICE) });
  let signals = 0;
  for (let second = 0; second <= 120; second++) {
    const at = START + second * SECOND;
    if (known !== null) stage.tell({ kind: 'snapshot', at, snapshot: quoteAt(at - lagMs, PRICE, known) });
    if (second % 10 !== 0) continue;
    const side = only ?? (second % 20 === 0 ? 'LONG' : 'SHORT');
    stage.tell({ kind: 'signal', at, signal: signalAt(at, side) });
    signals += 1;
  }
  const refusals = stage.events.flatMap(({ refusal }) => refusal ?? []);
  return {
    signals,
    refusals: [...new Set(refusals)].sort(),
    entered: stage.events.filter(({ kind }) => kind === 'ENTRY').length,
  };
}

function nothingOpened(name: string, { signals, entered, refusals }: Offered): Criterion {
  return {
    name,
    wanted: 'no position opened',
    got: `${entered} of ${signals} signals entered; refused: ${refusals.join(', ') || 'none'}`,
    verdict: entered === 0 ? 'PASS' : 'FAIL',
  };
}

/** Without it the others would prove nothing. */
function somethingOpened(name: string, told: Offered): Criterion {
  const verdict = told.entered > 0 ? 'PASS' : 'FAIL';
  return { ...nothingOpened(name, told), wanted: 'a position opened', verdict };
}

/** Healthy, and deep enough for whatever the desk trades. */
function quoteAt(ts: number, mid: number, known: Partial<BookSnapshot> = {}): BookSnapshot {
  const depth = { bps5: 1e4, bps10: 2e4, bps25: 5e4, bps50: 1e5 };
  return {
    id: `bybit:${SYMBOL}:${ts}`,
    venue: 'bybit',
    symbol: SYMBOL,
    ts,
    bestBid: mid * 0.9999,
    bestAsk: mid * 1.0001,
    bidDepth: depth,
    askDepth: depth,
    lastPrice: mid,
    lastTradeTs: ts - 100,
    lastTradeSeq: 1,
    lastTradeAgeMs: 100,
    fundingRate: 0.0001,
    nextFundingTime: null,
    markPrice: null,
    openInterest: null,
    connected: true,
    desyncMs: 0,
    publishedTrades: 1,
    ...known,
  };
}

function signalAt(timestamp: number, side: PositionSide): ScalpSignal {
  const sign = side === 'LONG' ? 1 : -1;
  const signal: Omit<ScalpSignal, 'id'> = {
    strategy: 'sr-exhaustion',
    variant: 'default',
    pair: SYMBOL,
    side,
    timestamp,
    type: 'SCALP',
    venue: 'bybit',
    symbol: SYMBOL,
    entry: PRICE,
    tp: PRICE * (1 + sign * 0.005),
    sl: PRICE * (1 - sign * 0.005),
    support: [],
    resistance: [],
    trend: null,
    expires_at: timestamp + 5 * MINUTE_MS,
    confidence: 0.8,
    leverage: 10,
    atr: null,
    exhaustion_checks: { volume_drop: true, double_wick: false, rsi_extreme: true, order_book_flip: false },
    signal_reason: 'stress',
    entry_conditions_met: {},
    params_hash: '',
    inputs_hash: '',
  };
  return { id: signalId(signal), ...signal };
}
