/** What a reading worker remembers from one round to the next: open readers, how far each has come, what is not committed. */
import type { Clock } from '../../../connectors/clock/port.ts';
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
  /** Rounds so far: tells a worker that it is called with what it said last, not with what an older checkpoint held. */
  readonly round: number;
  /** Null before the first. Unit: ms since the epoch. */
  readonly watermarkMs: number | null;
}

export interface LiveSessionOptions {
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

  /** False where the runner went back to an older checkpoint: what was read since then must be read again. */
  isAt({ round }: Position): boolean {
    return round === this.#position.round;
  }

  close(): Promise<void> {
    for (const { reader } of this.#readers) reader.close();
    return this.#options.close();
  }

  /** Hands on what is there. @throws what a reader threw. */
  async round(emit: Emit): Promise<Round & { readonly position: Position }> {
    const ticket = this.#commits.begin();
    const acks: (() => void)[] = [];
    const { clock } = this.#options;
    const over = new AbortController();
    const end = clock.until(clock.now() + ROUND_MS, over.signal).then(() => undefined);
    try {
      for (;;) {
        const read = await Promise.race([...this.#readers.map((each) => reading(each)), end]);
        if (!read) break;
        read.of.reading = undefined;
        await take(read, emit, acks);
        if (acks.length >= ROUND_MESSAGES) break;
      }
    } finally {
      over.abort();
    }
    this.#position = { round: this.#position.round + 1, watermarkMs: this.#watermark() };
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
