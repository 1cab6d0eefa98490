/** What a reading worker remembers from one round to the next: open readers, how far each has come, what is not committed. */
import type { Clock } from '../../../connectors/clock/port.ts';
import { UpstreamError } from '../../../schemas/errors.ts';
import type { SourceChunk, SourceReader } from '../../runners/embedded/edges.ts';
import { Commits } from './commits.ts';
import type { Emit, Round } from './sdf.ts';

/** A round ends after this long, or with this many messages: the runner can commit nothing meanwhile. Unit: ms. */
const ROUND_MS = 300;
const ROUND_MESSAGES = 20_000;
/**
 * Between two rounds Flink moves event time on; where the next follows at once, it may not get to it. The least that its
 * runner can wait. Unit: ms.
 */
const PAUSE_MS = 1_000;

/** What the runner keeps of a reader. */
export interface Position {
  /** Who said it; null before the first. Rounds of other sessions may bear the same number. */
  readonly session: string | null;
  /** Rounds so far: tells a worker that it is called with what it said last, not with what an older checkpoint held. */
  readonly round: number;
  /** Null before the first. Unit: ms since the epoch. */
  readonly watermarkMs: number | null;
}

export interface LiveRound extends Round {
  readonly position: Position;
}

export interface LiveSessionOptions {
  /** No other session bears it, in whatever process. */
  readonly id: string;
  /** By the name of the output. */
  readonly readers: ReadonlyMap<string, SourceReader>;
  readonly clock: Clock;
  readonly from: Position;
  /** Gives back what is not settled. */
  readonly close: () => Promise<void>;
}

interface OpenReader {
  readonly output: string;
  readonly reader: SourceReader;
  reading: Promise<Read> | undefined;
  watermarkMs: number;
}

interface Read {
  readonly of: OpenReader;
  readonly chunk: SourceChunk | undefined;
}

export class LiveSession {
  readonly #options: LiveSessionOptions;
  readonly #readers: readonly OpenReader[];
  readonly #commits = new Commits();
  #position: Position;
  #isAtWork = false;
  #closed: Promise<void> | undefined;

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    this.#position = options.from;
    this.#readers = [...options.readers].map(([output, reader]) => ({
      output,
      reader,
      reading: undefined,
      watermarkMs: Number.NEGATIVE_INFINITY,
    }));
  }

  /**
   * False where the runner went back to an older checkpoint, or an attempt that it gave up is still under way: what was
   * read since then must be read again.
   */
  isAt({ session, round }: Position): boolean {
    if (this.#isAtWork || this.#closed) return false;
    return session === this.#options.id && round === this.#position.round;
  }

  /** What is not acknowledged comes again, to whoever reads next. A round under way fails. */
  close(): Promise<void> {
    if (!this.#closed) {
      for (const { reader } of this.#readers) reader.close();
      this.#closed = this.#options.close();
    }
    return this.#closed;
  }

  /** Hands on what is there. @throws what a reader threw; UpstreamError where the session was closed meanwhile. */
  async round(emit: Emit): Promise<LiveRound> {
    this.#isAtWork = true;
    const ticket = this.#commits.begin();
    const acks = await this.#take(emit);
    if (this.#closed) {
      throw new UpstreamError('Expected a session that is open, got one closed: what it took is read again.');
    }
    const { id } = this.#options;
    this.#position = { session: id, round: this.#position.round + 1, watermarkMs: this.#watermark() };
    this.#isAtWork = false;
    const settle = () => {
      for (const ack of acks) ack();
    };
    return {
      position: this.#position,
      watermarkMs: this.#position.watermarkMs ?? Number.NEGATIVE_INFINITY,
      delayMs: PAUSE_MS,
      onCommitted: async () => this.#commits.finalized(ticket, settle),
    };
  }

  async #take(emit: Emit): Promise<(() => void)[]> {
    const acks: (() => void)[] = [];
    const { clock } = this.#options;
    const over = new AbortController();
    const end = clock.until(clock.now() + ROUND_MS, over.signal).then(() => undefined);
    try {
      while (acks.length < ROUND_MESSAGES && !this.#closed) {
        const read = await Promise.race([...this.#readers.map((each) => reading(each)), end]);
        if (!read) break;
        read.of.reading = undefined;
        await take(read, emit, acks);
      }
    } finally {
      over.abort();
    }
    return acks;
  }

  /** Never falls, not even behind what an earlier worker said. */
  #watermark(): number | null {
    const least = Math.min(...this.#readers.map(({ watermarkMs }) => watermarkMs));
    const watermarkMs = Math.max(this.#position.watermarkMs ?? Number.NEGATIVE_INFINITY, least);
    return Number.isFinite(watermarkMs) ? watermarkMs : null;
  }
}

function reading(of: OpenReader): Promise<Read> {
  of.reading ??= (async () => ({ of, chunk: await of.reader.read() }))();
  return of.reading;
}

async function take({ of, chunk }: Read, emit: Emit, acks: (() => void)[]): Promise<void> {
  if (!chunk) return;
  for (const { bytes, eventTimeMs, ack } of chunk.messages) {
    await emit(of.output, bytes, eventTimeMs);
    acks.push(ack);
  }
  of.watermarkMs = chunk.watermarkMs;
}
