/** Frames for benchmarks, made before the time starts: captured ones again and again at later times, and dense synthetic trades. */
import { CAPTURE as BYBIT_CAPTURE, timedFrames } from '../connectors/exchanges/bybit/frames.fixture.ts';
import { BOOK_CAPTURE, bookCapture } from '../connectors/exchanges/kraken/frames.fixture.ts';
import { realData } from '../test/real-data.ts';
import { type Columns, DENSE, newColumns, START, SymbolMarket, symbolsOf } from './market.ts';

export interface TimedFrame {
  /** When it comes. Unit: ms since the epoch. */
  readonly ms: number;
  readonly text: string;
}

export interface FrameSet {
  readonly frames: readonly TimedFrame[];
  readonly symbols: readonly string[];
  /** Trades in them, each new. */
  readonly trades: number;
}

/** Length of the captures and a bit. Unit: ms. */
const AGAIN_MS = { bybit: 60_000, kraken: 150_000 } as const;
/** Market time of a synthetic frame: DENSE trades a second make four in each, as Bybit has three. Unit: ms. */
const FRAME_MS = 20;

/** Null where the real data are missing. */
export function bybitFrames(times: number): FrameSet | null {
  const file = realData(BYBIT_CAPTURE);
  if (file === null) return null;
  const once = timedFrames(file, 2);
  const frames: TimedFrame[] = [];
  for (let i = 0; i < times; i++) {
    for (const { ms, text } of once) {
      frames.push({ ms: Math.round(ms) + i * AGAIN_MS.bybit, text: again(text, i) });
    }
  }
  const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'DOGEUSDT'];
  return { frames, symbols, trades: times * 327 };
}

/** The i-th time: later, and of other trades. */
function again(text: string, i: number): string {
  const later = text.replaceAll(/\b17863\d{8}\b/g, (ms) => String(Number(ms) + i * AGAIN_MS.bybit));
  if (!text.startsWith('{"topic":"publicTrade.')) return later;
  return later
    .replaceAll('"i":"', `"i":"${i}-`)
    .replaceAll(/"seq":(\d+)/g, (_, seq) => `"seq":${Number(seq) + i * 1e8}`);
}

/** Two minutes of a book of ten levels, each update with its checksum. Null where the real data are missing. */
export function krakenFrames(times: number): FrameSet | null {
  const file = realData(BOOK_CAPTURE);
  if (file === null) return null;
  const once = bookCapture(file);
  const frames: TimedFrame[] = [];
  let ms = START;
  for (let i = 0; i < times; i++) {
    for (const text of once) {
      const stamp = /"timestamp":"([^"]+)"/.exec(text)?.[1];
      ms = stamp ? Date.parse(stamp) + i * AGAIN_MS.kraken : ms;
      frames.push({ ms, text: stamp ? text.replace(stamp, new Date(ms).toISOString()) : text });
    }
  }
  return { frames, symbols: ['BTC/USD'], trades: 0 };
}

/** Trades of DENSE a second and symbol in Bybit's form. */
export function denseFrames(symbols: number, trades: number): FrameSet {
  const markets = symbolsOf(symbols).map((symbol, i) => new SymbolMarket(symbol, DENSE, i + 1));
  const columns = newColumns(FRAME_MS * DENSE);
  const frames: TimedFrame[] = [];
  let made = 0;
  for (let ms = START + FRAME_MS; made < trades; ms += FRAME_MS) {
    for (const market of markets) {
      columns.count = 0;
      market.take(ms, columns);
      if (columns.count === 0) continue;
      frames.push({
        ms: ms + 1,
        text: tradesText(market.symbol, columns, ms, (row) => `${columns.seq[row]}`),
      });
      made += columns.count;
    }
  }
  return { frames, symbols: symbolsOf(symbols), trades: made };
}

/** @param idOf Of the trade in a row: as long as Bybit's with what stands before it. */
export function tradesText(
  symbol: string,
  { count, ts, seq, price, size, buy }: Columns,
  sentMs: number,
  idOf: (row: number) => string,
): string {
  const items = Array.from({ length: count }, (_, row) => {
    const side = buy[row] === 1 ? 'Buy' : 'Sell';
    const fields = `"T":${ts[row]},"s":"${symbol}","S":"${side}","v":"${size[row]}","p":"${price[row]}"`;
    return `{${fields},"L":"PlusTick","i":"a9188a0a-52a1-5d4b-9d0c-${idOf(row)}","BT":false,"RPI":false,"seq":${seq[row]}}`;
  });
  return `{"topic":"publicTrade.${symbol}","type":"snapshot","ts":${sentMs},"data":[${items.join(',')}]}`;
}
