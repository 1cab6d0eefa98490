/**
 * Whether a stream is silent because its market is quiet or because it is dead: judged against its own past. Pure.
 *
 * limit = K · M · (1 + 10 / n), at least `floorMs`, at most `ceilingMs`; a stream whose n is 0 has the ceiling.
 * M: longest gap between data, fading by half in six hours: M ← max(gap, M · 2^(−gap / 6 h)). n: gaps seen, where data
 * within a second are one event, since a burst tells nothing of the silence after it.
 * Events at random with rate λ have their longest of N gaps near ln(N) / λ, so that with K = 3 a longer silence than
 * the limit comes about N^(−3) often; bursts, which make real gaps longer, make M longer too. The test simulates it.
 */

const K = 3;
const HALF_LIFE_MS = 6 * 3_600_000;
/** Weight of not knowing yet: as many gaps double the limit. */
const UNSURE = 10;
const BURST_MS = 1_000;
/** An alarm that was none shall not come again and again: its gap widens the limit by so much. */
const WIDER = 1.5;

export interface LivenessOptions {
  /** A process or a network may be busy for so long. */
  readonly floorMs: number;
  /** No silence is trusted for longer. */
  readonly ceilingMs: number;
  /** For how long data may be missing once another stream shows that there must be some. */
  readonly owedMs: number;
}

const DEFAULTS: LivenessOptions = { floorMs: 15_000, ceilingMs: 1_800_000, owedMs: 5_000 };

/**
 * One stream. Only its own data count: heartbeats and pongs prove the connection, never a stream.
 * What was learned outlives connections. Unit of all times: network ms.
 */
export class StreamLiveness {
  readonly #options: LivenessOptions;
  #longest = 0;
  #gaps = 0;
  /** Beginning of the newest burst. */
  #burstAt = 0;
  /** Start of the silence; null while none is expected to end. */
  #since: number | null = null;
  #owedSince = Number.POSITIVE_INFINITY;
  /** False until the first data since `begin`: the time before it is no gap between data. */
  #isGap = false;

  constructor(options: Partial<LivenessOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Data are to come from now on: it was subscribed, or we read again after a pause. */
  begin(now: number): void {
    this.#since = now;
    this.#isGap = false;
    this.#owedSince = Number.POSITIVE_INFINITY;
  }

  /** No data are to come: it is not subscribed, or we do not read. */
  end(): void {
    this.#since = null;
  }

  /** Data came. */
  heard(now: number): void {
    if (this.#since !== null && this.#isGap) this.#learn(now - this.#since, now);
    else this.#burstAt = now;
    this.#since = now;
    this.#isGap = true;
    this.#owedSince = Number.POSITIVE_INFINITY;
  }

  /** Another stream shows that data of this one exist (a ticker's turnover has grown); later calls change nothing. */
  owed(now: number): void {
    if (this.#owedSince === Number.POSITIVE_INFINITY) this.#owedSince = now;
  }

  /** Longest silence that is taken for a quiet market. */
  get limitMs(): number {
    const { floorMs, ceilingMs } = this.#options;
    if (this.#gaps === 0) return ceilingMs;
    return Math.min(ceilingMs, Math.max(floorMs, K * this.#longest * (1 + UNSURE / this.#gaps)));
  }

  /** When it becomes stale unless data come; Infinity where none are to come. */
  get staleAt(): number {
    if (this.#since === null) return Number.POSITIVE_INFINITY;
    return Math.min(this.#since + this.limitMs, this.#owedSince + this.#options.owedMs);
  }

  #learn(gapMs: number, now: number): void {
    const limit = this.limitMs;
    const fading = this.#longest * 2 ** (-gapMs / HALF_LIFE_MS);
    // A gap that raised the alarm may have been a failure, which is not what this market is like.
    const gap = gapMs >= limit ? (limit / K) * WIDER : gapMs;
    this.#longest = Math.max(gap, fading);
    if (now - this.#burstAt < BURST_MS) return;
    this.#burstAt = now;
    this.#gaps++;
  }
}
