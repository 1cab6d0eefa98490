/** The embedded graph under a stopwatch that stops while the source makes its next chunk. */
import '../transforms/sdk.beam.ts';
import { Pipeline } from 'apache-beam/internal/pipeline';
import { Root } from 'apache-beam/pvalue';
import type { Edges, SourceReader } from '../pipelines/runners/embedded/edges.ts';
import { EmbeddedRunner } from '../pipelines/runners/embedded/runner.ts';
import { buildCandles, buildSignals } from '../pipelines/signals.ts';
import type { Candle } from '../schemas/candle.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { type Spent, Stopwatch } from './benchmark.ts';
import { START, VENUE } from './market.ts';

export type GraphName = 'candles' | 'signals';

export interface GraphRun extends Spent {
  /** Messages published, by topic. */
  readonly published: ReadonlyMap<string, number>;
}

/** `history` and the first chunk are processed before the time starts. `onBundle`: ms from a chunk in to all of it published. */
export async function runGraph(
  name: GraphName,
  trades: SourceReader,
  history: readonly Candle[] = [],
  onBundle: (ms: number, writes: number) => void = () => undefined,
): Promise<GraphRun> {
  const pipeline = new Pipeline();
  const build = name === 'candles' ? buildCandles : buildSignals;
  build(new Root(pipeline), {
    project: 'bench',
    params: DEFAULT_PARAMS,
    leadVenue: VENUE,
    history,
    emitAfterMs: START,
  });
  const edges = new TimedEdges(trades, onBundle);
  const handle = await new EmbeddedRunner({ edges }).start(pipeline.getProto());
  await handle.done;
  edges.watch.pause();
  return { ...edges.watch.spent, published: edges.published };
}

class TimedEdges implements Edges {
  readonly watch = new Stopwatch();
  readonly published = new Map<string, number>();
  readonly #trades: SourceReader;
  readonly #onBundle: (ms: number, writes: number) => void;
  #chunks = 0;
  #writes = 0;
  #before = 0;

  constructor(trades: SourceReader, onBundle: (ms: number, writes: number) => void) {
    this.#trades = trades;
    this.#onBundle = onBundle;
  }

  openSource(name: string): SourceReader {
    if (name !== 'raw-tick-data') return { read: () => undefined, close: () => undefined };
    return { read: () => this.#read(), close: () => this.#trades.close() };
  }

  write(topic: string): void {
    this.#writes += 1;
    this.published.set(topic, (this.published.get(topic) ?? 0) + 1);
  }

  flush(): void {}

  #read() {
    this.watch.pause();
    const now = this.watch.wall;
    if (this.#chunks > 1) this.#onBundle((now - this.#before) * 1e3, this.#writes);
    this.#before = now;
    this.#writes = 0;
    this.#chunks += 1;
    const chunk = this.#trades.read();
    // The first chunk closes what history holds: not measured.
    if (this.#chunks > 1) this.watch.resume();
    return chunk;
  }
}
