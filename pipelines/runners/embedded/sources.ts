/** The inputs of a run: which to read next, and how far each has come in event time. */
import '../../../transforms/sdk.beam.ts';
import { PubSubReadPayload } from 'apache-beam/proto/beam_runner_api';
import { PUBSUB_READ_URN } from '../../pubsub-io.ts';
import type { Edges, SourceChunk, SourceReader } from './edges.ts';
import { type Graph, lastPart, type Pipe } from './graph.ts';
import type { Plan, Step } from './plan.ts';

/** A step without inputs. Bounded ones (no reader) give one element, then end; the others read a subscription. */
export class Source {
  readonly id: string;
  readonly pipe: Pipe;
  readonly reader: SourceReader | undefined;
  /** Elements are whole PubsubMessages, not just their data. */
  readonly withAttributes: boolean;
  watermark = Number.NEGATIVE_INFINITY;
  newest = Number.NEGATIVE_INFINITY;
  hasEnded = false;
  /** Asked, not yet answered. */
  isPending = false;
  /** Gives or throws what was answered later. */
  answered: (() => SourceChunk | undefined) | undefined;

  constructor(step: Step, pipe: Pipe, edges: Edges) {
    this.id = step.id;
    this.pipe = pipe;
    if (step.urn !== PUBSUB_READ_URN) {
      this.withAttributes = false;
      return;
    }
    const payload = PubSubReadPayload.fromBinary(step.transform.spec!.payload);
    this.withAttributes = payload.withAttributes;
    this.reader = edges.openSource(lastPart(payload.subscription));
  }
}

export interface Answer {
  readonly source: Source;
  /** undefined: the source has ended. */
  readonly chunk: SourceChunk | undefined;
}

export class Sources {
  readonly all: readonly Source[];
  #wake: () => void = () => undefined;

  constructor(plan: Plan, graph: Graph, edges: Edges) {
    this.all = plan.steps
      .filter((step) => step.inputs.length === 0)
      .map((step) => new Source(step, graph.pipes.get(step.outputs[0]!)!, edges));
  }

  close(): void {
    for (const source of this.all) source.reader?.close();
  }

  /**
   * The next answer: of the sources that have one, that of the source furthest behind in event time (ties: graph order),
   * so that a replay always reads in the same order. A promise where all must be waited for; undefined when all have ended.
   */
  next(): Answer | Promise<Answer> | undefined {
    const open = this.all.filter((source) => source.reader !== undefined && !source.hasEnded);
    if (open.length === 0) return undefined;
    if (open.length > 1) open.sort((a, b) => (a.watermark === b.watermark ? 0 : a.watermark - b.watermark));
    for (const source of open) {
      if (source.answered) return { source, chunk: take(source) };
      if (source.isPending) continue;
      const answer = source.reader!.read();
      if (!(answer instanceof Promise)) return { source, chunk: answer };
      this.#await(source, answer);
    }
    return new Promise<void>((resolve) => {
      this.#wake = resolve;
    }).then(() => this.next()!);
  }

  #await(source: Source, answer: Promise<SourceChunk | undefined>): void {
    source.isPending = true;
    const settle = (answered: () => SourceChunk | undefined) => {
      source.isPending = false;
      source.answered = answered;
      this.#wake();
    };
    answer.then(
      (chunk) => settle(() => chunk),
      (error: unknown) =>
        settle(() => {
          throw error;
        }),
    );
  }
}

function take(source: Source): SourceChunk | undefined {
  const { answered } = source;
  source.answered = undefined;
  return answered?.();
}
