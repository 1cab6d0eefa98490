import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import { Random } from '../connectors/random.ts';
import { backfillStage } from './backfill.fixture.ts';

const KILLS = 30;
/** 10 days of two symbols, in 30 pages or so. */
const WORDS = ['--pairs', 'BTCUSDT,LTCUSDT', '--timerange', '20250101-20250111'];
/** From the first request of a run to the middle of its next insert. Unit: ms. */
const MOST_DELAY_MS = 400;

it('asks after kills amid requests and inserts only for what is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'backfill-'));
  const stage = await backfillStage();
  // 11,520 bars in 12 pages.
  const words = ['--pairs', 'BTCUSDT', '--timerange', '20250101-20250109', '--state', folder];
  words.push('--to', `duckdb:${join(folder, 'history.duckdb')}`);
  try {
    // 9 comes while the first eight are written.
    for (const killAt of [9, 2]) expect((await stage.backfill(words, killAt)).signal).toBe('SIGKILL');
    const last = await stage.backfill([...words, '--json']);
    expect(last).toMatchObject({ status: 0, stderr: '' });
    const { verdicts, pages, pagesKnown } = JSON.parse(last.stdout);
    expect(pages + pagesKnown).toBe(12);
    expect(last.asked).toBe(pages);
    expect(verdicts).toEqual([{ symbol: 'BTCUSDT', expected: 11_520, bars: 11_520, holes: [] }]);
  } finally {
    await stage.close();
  }
});

it('survives kills at random moments: no hole, no double, the bars of an undisturbed run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'backfill-'));
  const random = new Random(4);
  const stage = await backfillStage();
  const wordsFor = (name: string) => {
    const to = `duckdb:${join(folder, name, 'history.duckdb')}`;
    return [...WORDS, '--to', to, '--state', join(folder, name)];
  };
  const barsOf = async (name: string) => {
    const history = await openDuckDbHistory({ path: join(folder, name, 'history.duckdb') });
    try {
      return await history.query('SELECT * FROM candles ORDER BY symbol, "openTime", id');
    } finally {
      await history.close();
    }
  };
  try {
    expect((await stage.backfill(wordsFor('whole'))).status).toBe(0);
    let killed = 0;
    let runs = 0;
    // Each round begins with nothing, until there were kills enough; a run that comes to its end ends the round.
    for (let round = 0; killed < KILLS; round++) {
      const name = `round ${round}`;
      for (let isOver = false; !isOver; runs++) {
        const ended = await stage.backfill(
          wordsFor(name),
          1 + Math.floor(random.next() * 10),
          Math.floor(random.next() * MOST_DELAY_MS),
        );
        if (ended.signal === 'SIGKILL') killed += 1;
        else expect(ended.status, ended.stderr).toBe(0);
        isOver = ended.signal === null;
      }
      const bars = await barsOf(name);
      expect(bars).toHaveLength(2 * 10 * 1_440);
      expect(bars).toEqual(await barsOf('whole'));
    }
    expect(runs).toBeGreaterThan(killed);
  } finally {
    await stage.close();
  }
});
