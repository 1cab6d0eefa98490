import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../schemas/primitives.ts';
import type { KnownRecord } from '../../transforms/lookahead/lookahead.ts';
import { simulatedFiles, simulatedOptions } from '../backtest/simulated-files.fixture.ts';
import { type Change, lookaheadCheck } from './check.ts';
import { peekAtNextBar, spikeOfWholeSample } from './peek.fixture.ts';
import { perturbed } from './perturb.ts';
import { knownRecords } from './records.ts';
import { textOf } from './run.ts';

const START = Date.UTC(2026, 2, 1);
const FROM = START + 13 * HOUR_MS;
const files = await simulatedFiles(['BTCUSDT'], START, START + 16 * HOUR_MS);
const options = simulatedOptions(files, { fromMs: FROM, toMs: undefined });
const { input } = options;

async function changed(change: Change): Promise<typeof options> {
  if (change.kind === 'whole') return options;
  if (change.kind === 'cut') return { ...options, input: { ...input, toMs: change.at } };
  const to = { fromMs: change.at, toMs: change.at + DAY_MS };
  const folder = mkdtempSync(join(tmpdir(), 'changed-'));
  return { ...options, input: { ...input, files: await perturbed(files, { ...to, seed: 1, folder }) } };
}

/** What the real strategy gives: the same, whichever test asks. */
const known = new Map<string, Promise<readonly KnownRecord[]>>();

function recordsOf(change: Change): Promise<readonly KnownRecord[]> {
  const key = JSON.stringify(change);
  const records = known.get(key) ?? changed(change).then(knownRecords);
  known.set(key, records);
  return records;
}

const check = (run: (change: Change) => Promise<readonly KnownRecord[]>, seed = 2) =>
  lookaheadCheck({ run, cuts: 2, seed, fromMs: FROM });

describe('the lookahead check', () => {
  it('finds nothing in graph, MACRO engine and desk, and has looked at all of them', async () => {
    const seen = new Set<string>();
    const checked = await check(async (change) => {
      const records = await recordsOf(change);
      for (const { topic } of records) seen.add(topic);
      return records;
    });
    expect(checked.map(({ kind, difference }) => [kind, difference])).toEqual([
      ['cut', null],
      ['changed', null],
      ['cut', null],
      ['changed', null],
    ]);
    expect(checked[0]!.records).toBeGreaterThan(900);
    expect([...seen].sort()).toEqual([
      ...['macro-bias-updates', 'market-candles', 'market-features', 'market-levels'],
      ...['position-events', 'trade-signals-micro'],
    ]);
  });

  it('catches a strategy that waits for the next bar to agree, and names it', async () => {
    const checked = await check(async (change) => peekAtNextBar(await recordsOf(change)));
    const found = checked.flatMap(({ difference }) => (difference === null ? [] : [difference]));
    expect(found.length).toBeGreaterThan(0);
    for (const { topic, cause } of found) {
      expect(topic).toBe('trade-signals-micro');
      expect(cause).toMatch(/^the strategy looks ahead/);
    }
    expect(textOf(checked)).toMatch(/NOT THE SAME\n {2}first {5}trade-signals-micro [a-z-]+:/);
  });

  it('catches a limit that was chosen on the whole sample', async () => {
    const checked = await check(async (change) => {
      const at = await changed(change);
      return knownRecords({ ...at, params: await spikeOfWholeSample(at.input) });
    });
    const [first] = checked;
    expect(first!.difference).toMatchObject({ topic: 'trade-signals-micro', field: expect.any(String) });
  });
});

describe('cst lookahead-check', () => {
  it('ends with 0 where nothing looks ahead', () => {
    const cst = resolve(import.meta.dirname, '../cst.js');
    const words = ['lookahead-check', `BTCUSDT=${files[0]!.path}`, '--cuts', '1', '--json'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [cst, ...words], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      looksAhead: false,
      checks: [{ kind: 'cut' }, { kind: 'changed' }],
    });
  });
});
