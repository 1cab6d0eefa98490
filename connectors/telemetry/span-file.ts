/** Spans in a file of this machine, the newest of them: one JSON object a line, read by `cst trace` also while it grows. */
import { appendFile, readFile, rename, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf } from '../../schemas/errors.ts';
import { TRACE_STAGES, type TraceStage } from '../../schemas/trace.ts';
import type { StageSpan, Telemetry } from './port.ts';

export interface SpanFileOptions {
  readonly path: string;
  /** Which clock its times are of, for people: told in each file. */
  readonly clockTitle: string;
  /** Of both files, the one that is written and the one before. Default 32 MB: a day of 50 symbols. */
  readonly maxBytes?: number;
  /** Told once of a disk that fails, and again after it had recovered. */
  readonly onTrouble?: (line: string) => void;
}

export interface KeptSpan extends StageSpan {
  readonly clockTitle: string;
}

/** In a stack's folder. */
export const SPAN_FILE = 'traces.ndjson';
const MAX_BYTES = 32 << 20;
/** Spans that wait for the disk. */
const MAX_WAITING = 10_000;

/** A span, or the head of a file. */
const Line = z.union([
  z.object({
    traceId: z.string(),
    stage: z.custom<TraceStage>((name) => typeof name === 'string' && Object.hasOwn(TRACE_STAGES, name)),
    startMs: z.number(),
    endMs: z.number(),
    attributes: z.record(z.string(), z.union([z.string(), z.number()])).and(z.object({ id: z.string() })),
  }),
  z.object({ clock: z.string() }),
]);

/** Files of a path, the oldest first. */
export function spanFiles(path: string): readonly string[] {
  return [`${path}.old`, path];
}

export class SpanFile implements Telemetry {
  readonly #options: SpanFileOptions;
  #waiting: string[] = [];
  #writing: Promise<void> | null = null;
  #hasHead = false;
  #isFailing = false;
  #dropped = 0;

  constructor(options: SpanFileOptions) {
    this.#options = options;
  }

  /** Spans that the disk did not take. */
  get dropped(): number {
    return this.#dropped;
  }

  record(span: StageSpan): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(`${JSON.stringify(span)}\n`);
    this.#writing ??= this.#write();
  }

  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // Those of this turn are written together.
    await setImmediate();
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await this.#append(lines.join(''));
        this.#isFailing = false;
      } catch (error) {
        this.#dropped += lines.length;
        if (!this.#isFailing) this.#options.onTrouble?.(`Traces are not kept: ${messageOf(error)}`);
        this.#isFailing = true;
      }
    }
    this.#writing = null;
  }

  async #append(text: string): Promise<void> {
    const { path, clockTitle, maxBytes = MAX_BYTES } = this.#options;
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    const isFull = size + text.length > maxBytes / 2;
    if (isFull && size > 0) await rename(path, spanFiles(path)[0]!);
    const head = this.#hasHead && !isFull ? '' : `${JSON.stringify({ clock: clockTitle })}\n`;
    // Whoever wrote before may have died within a line.
    const end = this.#hasHead || isFull || size === 0 ? '' : '\n';
    await appendFile(path, end + head + text);
    this.#hasHead = true;
  }
}

/** What is kept, the oldest first; of a stage that was measured twice the first. Lines that are damaged are passed over. */
export async function readSpans(path: string): Promise<KeptSpan[]> {
  const spans = new Map<string, KeptSpan>();
  for (const file of spanFiles(path)) {
    let clockTitle = '';
    for (const text of (await readFile(file, 'utf8').catch(() => '')).split('\n')) {
      const line = parse(text);
      if (line === null) continue;
      if ('clock' in line) clockTitle = line.clock;
      else {
        const key = `${line.traceId} ${line.stage} ${line.attributes.id}`;
        if (!spans.has(key)) spans.set(key, { ...line, clockTitle });
      }
    }
  }
  return [...spans.values()];
}

function parse(text: string): z.output<typeof Line> | null {
  try {
    return Line.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
