/** Bybit's frames of a market that is a formula: any trade of any symbol can be told again, so that nothing is kept. */
import { ackFrame } from '../connectors/exchanges/simulated/frames.ts';
import { MINUTE_MS } from '../schemas/primitives.ts';
import type { TradeRow } from '../schemas/trade-batch.ts';
import { START, symbolsOf } from './market.ts';

const TICKS = 400;
const PRICES = Array.from({ length: TICKS }, (_, i) => `${30_000 + i / 10}`);
const SIZES = Array.from({ length: 64 }, (_, i) => `${(i + 1) / 1_000}`);
const LEVELS = 50;
/** The market is older than who looks at it. Unit: ms. */
const BEFORE_MS = 60_000;

interface Minute {
  open: string;
  low: number;
  high: number;
  close: number;
  units: number;
  count: number;
}

export class SoakMarket {
  readonly symbols: readonly string[];
  /** Trades of one symbol until now. */
  traded: number;
  /** Nothing is traded any more; all else goes on. */
  isOver = false;
  /** Those from before the start, which only REST tells of. */
  readonly before: number;
  readonly #rate: number;
  readonly #minutes: Minute[];
  #update = 1;

  /** @param rate Trades a second of one symbol. */
  constructor(symbols: number, rate: number) {
    this.symbols = symbolsOf(symbols);
    this.#rate = rate;
    this.before = (BEFORE_MS * rate) / 1_000;
    this.traded = this.before;
    this.#minutes = this.symbols.map(() => newMinute());
  }

  /** Trades from the last call until `ms`, and what else is told by then. */
  frames(ms: number): string[] {
    const until = this.isOver ? this.traded : Math.floor(((ms - START + BEFORE_MS) * this.#rate) / 1_000);
    const from = this.traded;
    const texts = until > from ? this.symbols.map((_, s) => this.#tradesText(s, from, until, ms)) : [];
    this.traded = until;
    if (ms % 1_000 === 0) {
      this.#update++;
      for (let s = 0; s < this.symbols.length; s++)
        texts.push(this.#delta(s, ms), this.#ticker(s, 'delta', ms));
    }
    if (ms % MINUTE_MS === 0) for (let s = 0; s < this.symbols.length; s++) texts.push(this.#kline(s, ms));
    return texts;
  }

  ack(requestId: string): string {
    return ackFrame('soak', requestId, 'subscribe');
  }

  /** What a new session gets: books and tickers. */
  whole(ms: number): string[] {
    return this.symbols.flatMap((_, s) => [this.#snapshot(s, ms), this.#ticker(s, 'snapshot', ms)]);
  }

  /** The last thousand, as REST tells them. */
  recent(symbol: string): TradeRow[] {
    const s = this.symbols.indexOf(symbol);
    const first = Math.max(0, this.traded - 1_000);
    return Array.from({ length: this.traded - first }, (_, i) => {
      const n = first + i;
      return {
        tradeId: idOf(n),
        seq: (n + 1) * 1_024,
        ts: this.#tsOf(n),
        side: n % 2 ? 'BUY' : 'SELL',
        price: Number(PRICES[ticksOf(s, n)]),
        size: Number(SIZES[unitsOf(s, n)]),
      };
    });
  }

  #tsOf(n: number): number {
    return START - BEFORE_MS + Math.floor((n * 1_000) / this.#rate);
  }

  #tradesText(s: number, from: number, until: number, ms: number): string {
    const symbol = this.symbols[s]!;
    const minute = this.#minutes[s]!;
    let items = '';
    for (let n = from; n < until; n++) {
      const [ticks, units] = [ticksOf(s, n), unitsOf(s, n)];
      add(minute, ticks, units);
      items += `${n > from ? ',' : ''}{"T":${this.#tsOf(n)},"s":"${symbol}","S":"${n % 2 ? 'Buy' : 'Sell'}","v":"${SIZES[units]}","p":"${PRICES[ticks]}","L":"PlusTick","i":"${idOf(n)}","BT":false,"RPI":false,"seq":${n + 1}}`;
    }
    return `{"topic":"publicTrade.${symbol}","type":"snapshot","ts":${ms},"data":[${items}]}`;
  }

  #delta(s: number, ms: number): string {
    const at = this.#update % LEVELS;
    const data = `"b":[["${29_999 - at}","${1 + (this.#update % 9)}"]],"a":[["${30_050 + at}","${2 + (this.#update % 7)}"]]`;
    return this.#book(s, 'delta', ms, data);
  }

  #snapshot(s: number, ms: number): string {
    const side = (first: number, step: number) =>
      Array.from({ length: LEVELS }, (_, i) => `["${first + i * step}","5"]`).join(',');
    return this.#book(s, 'snapshot', ms, `"b":[${side(29_999, -1)}],"a":[${side(30_050, 1)}]`);
  }

  #book(s: number, type: string, ms: number, data: string): string {
    const symbol = this.symbols[s]!;
    return `{"topic":"orderbook.50.${symbol}","type":"${type}","ts":${ms},"data":{"s":"${symbol}",${data},"u":${this.#update},"seq":${this.#update}},"cts":${ms}}`;
  }

  #ticker(s: number, type: string, ms: number): string {
    const symbol = this.symbols[s]!;
    const data = {
      symbol,
      fundingRate: '0.0001',
      markPrice: PRICES[this.#update % TICKS],
      openInterest: '1000',
    };
    return JSON.stringify({ topic: `tickers.${symbol}`, type, data, cs: ms, ts: ms });
  }

  /** The minute that is over. */
  #kline(s: number, ms: number): string {
    const symbol = this.symbols[s]!;
    const { open, high, low, close, units } = this.#minutes[s]!;
    this.#minutes[s] = newMinute();
    const [start, end] = [ms - MINUTE_MS, ms - 1];
    const prices = { open, close: PRICES[close], high: PRICES[high], low: PRICES[low] };
    const volume = `${units / 1_000}`;
    const bar = { start, end, interval: '1', ...prices, volume, turnover: '1', confirm: true, timestamp: ms };
    return JSON.stringify({ topic: `kline.1.${symbol}`, data: [bar], ts: ms, type: 'snapshot' });
  }
}

function newMinute(): Minute {
  return { open: '', low: TICKS, high: 0, close: 0, units: 0, count: 0 };
}

function add(minute: Minute, ticks: number, units: number): void {
  if (minute.count++ === 0) minute.open = PRICES[ticks]!;
  minute.low = Math.min(minute.low, ticks);
  minute.high = Math.max(minute.high, ticks);
  minute.close = ticks;
  minute.units += units + 1;
}

function ticksOf(s: number, n: number): number {
  return (n * 7 + s * 13) % TICKS;
}

function unitsOf(s: number, n: number): number {
  return (n * 31 + s) % SIZES.length;
}

function idOf(n: number): string {
  return `a9188a0a-52a1-5d4b-9d0c-${n}`;
}
