/** What the page knows of all pairs, and how each event changes it. No DOM, no requests. */
import { decimalsOf } from './format.ts';
import type {
  BookState,
  FeedHealth,
  FormingBar,
  Notice,
  Overview,
  PairState,
  SignalItem,
  Status,
  SwingState,
} from './wire.ts';

/** A pair of the watch list. */
export interface Row extends PairState {
  /** That its prices are written with. */
  decimals: number;
  /** Which way the last price went. */
  move: 'up' | 'down' | null;
}

const MOST_SIGNALS = 200;
const MOST_NOTICES = 20;
/** So many are enough to meet one whose price uses all decimals. */
const TELLING_BARS = 50;

export class Market {
  readonly version: string;
  readonly origin: Overview['source'];
  status: Status;
  rows: readonly Row[];
  books: readonly BookState[];
  swings: readonly SwingState[];
  notices: readonly Notice[];
  /** Newest first. */
  signals: readonly SignalItem[];
  health: readonly FeedHealth[] = [];
  #byPair: ReadonlyMap<string, Row>;

  constructor(overview: Overview, signals: readonly SignalItem[]) {
    this.version = overview.version;
    this.origin = overview.source;
    this.status = overview.status;
    this.books = overview.books;
    this.swings = overview.swings;
    this.notices = overview.notices;
    this.signals = signals;
    this.rows = overview.pairs.map(rowOf);
    this.#byPair = new Map(this.rows.map((row) => [row.pair, row]));
  }

  row(pair: string): Row | undefined {
    return this.#byPair.get(pair);
  }

  decimals(pair: string): number {
    return this.row(pair)?.decimals ?? 2;
  }

  price(pair: string, price: number): void {
    const row = this.row(pair);
    if (row === undefined) return;
    if (row.lastPrice !== null && price !== row.lastPrice) row.move = price > row.lastPrice ? 'up' : 'down';
    row.lastPrice = price;
    row.decimals = Math.max(row.decimals, decimalsOf(price));
  }

  /** Bars, oldest first: they tell how prices are written, and the price until there is a trade. */
  known(pair: string, bars: readonly Pick<FormingBar, 'close'>[]): void {
    const row = this.row(pair);
    if (row === undefined) return;
    row.decimals = Math.max(row.decimals, ...bars.slice(-TELLING_BARS).map(({ close }) => decimalsOf(close)));
    row.lastPrice ??= bars.at(-1)?.close ?? null;
  }

  /** A new signal, or a known one with what became of it. */
  signal(signal: SignalItem): void {
    const others = this.signals.filter(({ id }) => id !== signal.id);
    this.signals = [signal, ...others].sort(newestFirst).slice(0, MOST_SIGNALS);
    const row = this.row(signal.pair);
    if (row && (row.lastSignal?.timestamp ?? '') <= signal.timestamp) row.lastSignal = signal;
  }

  feeds(health: readonly FeedHealth[]): void {
    this.health = health;
    for (const { pair, connected, lastTradeAgeMs } of health) {
      Object.assign(this.row(pair) ?? {}, { connected, feedAgeMs: lastTradeAgeMs });
    }
  }

  positions(books: readonly BookState[], swings: readonly SwingState[]): void {
    this.books = books;
    this.swings = swings;
    const open = Map.groupBy(
      books.flatMap(({ positions }) => positions),
      ({ pair }) => pair,
    );
    for (const row of this.rows) {
      const positions = open.get(row.pair) ?? [];
      if (positions.length > 0 || row.positions.length > 0) row.positions = positions;
    }
  }

  /** Of all pairs, a day ago. */
  get knowsDay(): boolean {
    return this.rows.every(({ dayAgo }) => dayAgo !== null);
  }

  /** The day goes on. False: these are other pairs. */
  day(pairs: readonly PairState[]): boolean {
    const isSame = pairs.length === this.rows.length && pairs.every(({ pair }) => this.#byPair.has(pair));
    if (isSame) for (const { pair, dayAgo } of pairs) Object.assign(this.row(pair)!, { dayAgo });
    return isSame;
  }

  notice(notice: Notice): void {
    this.notices = [notice, ...this.notices].slice(0, MOST_NOTICES);
  }
}

function newestFirst(a: SignalItem, b: SignalItem): number {
  return a.timestamp < b.timestamp ? 1 : a.timestamp > b.timestamp ? -1 : 0;
}

/** Since a day ago, as a share; null where one of both is not known. */
export function changeOf(row: Pick<Row, 'lastPrice' | 'dayAgo'> | undefined): number | null {
  return row?.lastPrice == null || row.dayAgo === null ? null : row.lastPrice / row.dayAgo - 1;
}

function rowOf(state: PairState): Row {
  const { lastPrice, lastSignal } = state;
  const prices = [lastPrice, lastSignal?.entry].filter((price) => typeof price === 'number');
  return { ...state, decimals: Math.max(0, ...prices.map(decimalsOf)), move: null };
}
