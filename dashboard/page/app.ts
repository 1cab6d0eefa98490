/** The page's state and what can be done to it. Whatever changes asks for one drawing, at the next frame. */
import { formingBar } from './chart/bars.ts';
import { INTERVAL_S } from './chart/times.ts';
import { ask, post, type Source } from './client.ts';
import { Later, type Loaded, messageOf } from './later.ts';
import { Market } from './market.ts';
import { hashOf, type Place, placeOf } from './route.ts';
import { Series } from './series.ts';
import { follow, type Handlers, type LinkState } from './stream.ts';
import type { Answer, Bar, SignalDetail, SignalItem } from './wire.ts';

export interface AppOptions {
  /** Asks for `draw` at the next frame. */
  readonly changed: () => void;
  /** A signal that is new, not one that was known before. */
  readonly onSignal: (signal: SignalItem) => void;
}

/** Many events of one moment make one request. */
const SETTLE_MS = 400;
const RETRY_MS = 2_000;
const SIGNALS = 200;

export class App {
  place: Place = placeOf(location.hash);
  link: LinkState = 'connecting';
  problem: string | null = null;
  /** A token is wanted. */
  locked = false;
  market: Market | null = null;
  series: Series | null = null;
  detail: Loaded<SignalDetail> = null;
  positions: Loaded<Answer<'/api/positions'>> = null;
  equity: Loaded<Answer<'/api/equity'>> = null;
  feed: Loaded<Answer<'/api/feed'>> = null;
  replays: Loaded<Answer<'/api/replays'>> = null;
  readonly #options: AppOptions;
  readonly #later = new Later();
  #unfollow = () => {};
  #newestStart = 0;

  constructor(options: AppOptions) {
    this.#options = options;
    addEventListener('hashchange', () => this.#moved());
  }

  get pair(): string | null {
    return this.place.pair ?? this.market?.rows[0]?.pair ?? null;
  }

  /** Asks for all, then follows what happens; tries again until the server is there. */
  async start(): Promise<void> {
    const { source } = this.place;
    const start = ++this.#newestStart;
    this.#unfollow();
    try {
      const { needed, ok } = await ask('live', '/api/session');
      this.locked = needed && !ok;
      if (this.locked) return this.#options.changed();
      const [overview, signals] = await Promise.all([
        ask(source, '/api/overview'),
        ask(source, '/api/signals', { limit: SIGNALS }),
      ]);
      if (start !== this.#newestStart) return;
      this.problem = null;
      this.market = new Market(overview, signals.signals);
      this.#unfollow = this.#follow(source, Math.min(overview.eventId, signals.eventId));
      this.#openSeries();
      this.refresh();
      this.openDetail();
    } catch (error) {
      if (start !== this.#newestStart) return;
      this.problem = messageOf(error);
      this.link = 'reconnecting';
      this.#later.once('start', RETRY_MS, () => this.start());
    }
    this.#options.changed();
  }

  go(to: Partial<Place>): void {
    location.hash = hashOf({ ...this.place, ...to });
    // Its event comes later, and the next key may come before.
    this.#moved();
  }

  /** Gives the token, and starts where it is the right one. */
  async login(token: string): Promise<void> {
    try {
      await post('/api/login', { token });
      this.problem = null;
      await this.start();
    } catch (error) {
      this.problem = messageOf(error);
      this.#options.changed();
    }
  }

  /** Shows what the server answers to an order about replays. */
  order(request: () => Promise<Answer<'/api/replays'>>): void {
    this.#load('replays', async () => {
      const answer = await request();
      if (answer.replay === null) this.go({ source: 'live', pair: null, signal: null });
      return answer;
    });
  }

  /** Asks anew for what the view shows, if it is this one. */
  refresh(view = this.place.view): void {
    if (view !== this.place.view) return;
    const { source } = this.place;
    if (view === 'chart' && typeof this.series?.state === 'object') this.#openSeries();
    if (view === 'positions') {
      this.#load('positions', () => ask(source, '/api/positions', { limit: 200 }));
      this.#load('equity', () => ask(source, '/api/equity'));
    }
    if (view === 'feed') this.#load('feed', () => ask(source, '/api/feed', { limit: 200 }));
    if (view === 'replays') this.#load('replays', () => ask('live', '/api/replays'));
  }

  #moved(): void {
    const before = this.place;
    this.place = placeOf(location.hash);
    const { source, pair, interval, view, signal } = this.place;
    if (source !== before.source) {
      // Nothing of the one market may be taken for the other's.
      this.market = this.series = null;
      void this.start();
    } else if (pair !== before.pair || interval !== before.interval) this.#openSeries();
    if (view !== before.view) this.refresh();
    if (signal !== before.signal) this.openDetail();
    this.#options.changed();
  }

  #openSeries(): void {
    if (this.pair === null) return;
    const series = new Series(this.place.source, this.pair, this.place.interval);
    this.series = series;
    void this.#loadSeries(series);
  }

  async #loadSeries(series: Series): Promise<void> {
    await series.load();
    this.market?.known(series.pair, series.bars.list);
    this.#options.changed();
  }

  /** Asks anew for the signal that is inspected. */
  openDetail(): void {
    this.detail = null;
    this.#loadDetail();
  }

  #loadDetail(): void {
    const { signal: id, source } = this.place;
    if (id === null) return;
    const request = () => ask(source, '/api/signals/:id', { id });
    this.#load('detail', request, () => this.place.signal === id);
  }

  #load<K extends 'detail' | 'positions' | 'equity' | 'feed' | 'replays'>(
    name: K,
    request: () => Promise<unknown>,
    isWanted = () => true,
  ): void {
    const take = (loaded: Loaded<unknown>) => {
      if (!isWanted()) return;
      (this as Record<typeof name, Loaded<unknown>>)[name] = loaded;
      this.#options.changed();
    };
    request().then(
      (value) => take({ value }),
      (error: unknown) => take({ problem: messageOf(error) }),
    );
  }

  #follow(source: Source, after: number): () => void {
    const { changed } = this.#options;
    const market = this.market!;
    const drawn =
      <T>(take: (data: T) => void) =>
      (data: T) => {
        take(data);
        changed();
      };
    const onState = drawn((link: LinkState) => {
      if (link === 'live' && this.link === 'reconnecting') this.refresh();
      this.link = link;
    });
    const handlers: Handlers = {
      candle: drawn((bar) => {
        const row = market.row(bar.pair);
        if (row && bar.interval === '1m') row.coverage = bar.coverage;
        if (this.#isShown(bar.pair, bar.interval)) this.#bar(bar);
      }),
      forming: drawn(({ pair, price, bars }) => {
        market.price(pair, price);
        const bar = bars.find(({ interval }) => this.#isShown(pair, interval));
        if (bar) this.series?.bars.put([formingBar(bar)]);
      }),
      levels: drawn((levels) => {
        if (this.series?.pair === levels.pair) this.series.levels = levels;
      }),
      feature: drawn((point) => this.series?.feature(point)),
      signal: drawn((signal) => this.#signal(market, signal)),
      position: drawn(() => this.#later.once('position', SETTLE_MS, () => this.#afterPosition())),
      swing: drawn(() => this.#later.once('position', SETTLE_MS, () => this.#afterPosition())),
      bias: drawn((bias) => Object.assign(market.row(bias.pair) ?? {}, { bias })),
      feed: drawn(() => this.#later.once('feed', SETTLE_MS, () => this.refresh('feed'))),
      health: drawn(({ health }) => market.feeds(health)),
      books: drawn(({ books, swings }) => market.positions(books, swings)),
      equity: drawn(() => this.#later.once('equity', SETTLE_MS, () => this.refresh('positions'))),
      status: drawn((status) => Object.assign(market, { status })),
      notice: drawn((notice) => market.notice(notice)),
      chart: drawn(({ signalId }) => this.#ifInspected(signalId)),
      replay: drawn(() => this.#later.once('replays', SETTLE_MS, () => this.refresh('replays'))),
      reset: () => void this.start(),
    };
    const onRefused = () => this.#later.once('start', RETRY_MS, () => this.start());
    return follow({ source, after, handlers, onState, onRefused });
  }

  /** The minute in which a stack starts is in its history, but nobody ever told of it. */
  #bar(bar: Bar): void {
    const { series } = this;
    series?.bars.put([bar]);
    if (!series?.bars.lacksBefore(bar.openTime, INTERVAL_S[series.interval])) return;
    this.#later.once('series', SETTLE_MS, () => void this.#loadSeries(series));
  }

  #signal(market: Market, signal: SignalItem): void {
    const isNew = !market.signals.some(({ id }) => id === signal.id);
    market.signal(signal);
    this.series?.signal(signal);
    this.#ifInspected(signal.id);
    if (isNew) this.#options.onSignal(signal);
  }

  #afterPosition(): void {
    void this.series?.loadClosed().then(this.#options.changed, () => {});
    this.refresh('positions');
  }

  #ifInspected(id: string): void {
    if (id === this.place.signal) this.#later.once('detail', SETTLE_MS, () => this.#loadDetail());
  }

  #isShown(pair: string, interval: string): boolean {
    return this.series?.pair === pair && this.series.interval === interval;
  }
}
