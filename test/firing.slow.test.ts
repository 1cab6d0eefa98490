import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { EMBEDDED_ENGINE, type ReplayEngine } from '../pipelines/replay/engine.ts';
import { replay } from '../pipelines/replay/replay.ts';
import type { SourceReader } from '../pipelines/runners/embedded/edges.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { simulatedDay, writeDay } from './engines/simulated-day.ts';

const STEP_MS = 5 * 60_000;
const TOPICS = ['market-candles', 'market-levels', 'market-features', 'trade-signals-micro'];

/** Learns of event time minutes after it has passed, as engines do that hold it back: late rows then come before the firing. */
const HELD_BACK: ReplayEngine = {
  run: (pipeline, ends) =>
    EMBEDDED_ENGINE.run(pipeline, {
      ...ends,
      openSource: (subscription) => heldBack(ends.openSource(subscription)),
    }),
};

function heldBack(source: SourceReader): SourceReader {
  return {
    read: async () => {
      const chunk = await source.read();
      return chunk && { ...chunk, watermarkMs: Math.floor(chunk.watermarkMs / STEP_MS) * STEP_MS };
    },
    close: () => source.close(),
  };
}

describe('when an engine fires', () => {
  it('decides nothing: late rows of a day, fired with the rows in time or after them', async () => {
    const day = simulatedDay({ seed: 1 });
    // Which rows are too late depends on the time that was told, by definition.
    const kept = [...day].map(([symbol, rows]) => [
      symbol,
      rows.filter(({ fate }) => !/^tooLate|^lateCopy/.test(fate)),
    ]);
    const words = writeDay(new Map(kept as [string, never][]), mkdtempSync(join(tmpdir(), 'day-')));
    const files = words.map((word) => ({ symbol: word.split('=')[0]!, path: word.split('=')[1]! }));
    const run = async (engine: ReplayEngine) => {
      const out = mkdtempSync(join(tmpdir(), 'fired-'));
      const range = { fromMs: undefined, toMs: undefined };
      const summary = await replay({
        files,
        venue: 'bybit',
        interval: undefined,
        params: DEFAULT_PARAMS,
        history: [],
        out,
        ...range,
        clock: systemClock,
        revisions: 'last',
        engine,
      });
      return { summary, read: (topic: string) => readFileSync(join(out, `${topic}.ndjson`), 'utf8') };
    };
    const atOnce = await run(EMBEDDED_ENGINE);
    const later = await run(HELD_BACK);
    expect(atOnce.summary.late).toBeGreaterThan(1_000);
    expect(atOnce.summary.signals).toBeGreaterThan(100);
    for (const topic of TOPICS) expect(later.read(topic) === atOnce.read(topic), topic).toBe(true);
  });
});
