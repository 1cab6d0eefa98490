import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { SignalParams } from '../../schemas/params.ts';
import { HOUR_MS } from '../../schemas/primitives.ts';
import { backtest } from '../backtest/backtest.ts';
import { simulatedFiles, simulatedOptions } from '../backtest/simulated-files.fixture.ts';
import { playTape } from './play.ts';
import { recordTape } from './tape.ts';
import { readTape, writeTape } from './tape-file.ts';

const START = Date.UTC(2026, 2, 1);
const END = START + 24 * HOUR_MS;
const FROM = START + 13 * HOUR_MS;
const files = await simulatedFiles(['BTCUSDT', 'SOLUSDT'], START, END);
const options = simulatedOptions(files, { fromMs: FROM, toMs: undefined });
const { input } = options;
const RULES = {
  'the default': [{}, {}],
  'looser strategies': [{ srExhaustion: { minChecks: 1 }, champion: { volumeSpike: 1.2 } }, {}],
  'wider brackets of another variant': [{ variant: 'wide', risk: { takeProfit: 0.01, stopLoss: 0.004 } }, {}],
  'another desk': [{}, { rules: { cooldownMs: 0 }, paper: { entry: 'limit' }, risk: { margin: 0.02 } }],
} as const;
const folder = mkdtempSync(join(tmpdir(), 'tape-'));
const tape = await recordTape(options);

describe('a tape', () => {
  it.each(Object.entries(RULES))(
    'played under %s trades what the whole graph does',
    async (name, [known, book]) => {
      const params = SignalParams.parse(known);
      const desk = DeskConfig.parse({ books: [book] });
      const out = join(folder, name.replaceAll(' ', '-'));
      await backtest({ ...options, params, desk, out });
      const lines = readFileSync(join(out, 'trades.ndjson'), 'utf8').split('\n').slice(0, -1);
      const iso = (ms: number) => new Date(ms).toISOString();
      const played = playTape(tape, { params, desk, fromMs: tape.fromMs, toMs: tape.toMs }).map(
        ({ openedAt, closedAt, ...rest }) => ({ openedAt: iso(openedAt), closedAt: iso(closedAt), ...rest }),
      );
      expect(played.map((trade) => JSON.stringify(trade))).toEqual(lines);
      expect(lines.length).toBeGreaterThan(5);
    },
  );

  it('is the same after it was on disk', async () => {
    const path = join(folder, 'tape.zst');
    await writeTape(path, tape);
    expect(await readTape(path)).toEqual(tape);
    await expect(readTape(join(folder, 'none'))).rejects.toThrow(/Cannot use the tape/);
  });

  it('played in a part of its time trades what a backtest of that part does', async () => {
    const [fromMs, toMs] = [FROM + 2 * HOUR_MS, FROM + 6 * HOUR_MS];
    const out = join(folder, 'part');
    await backtest({ ...options, input: { ...input, fromMs, toMs }, out });
    const lines = readFileSync(join(out, 'trades.ndjson'), 'utf8').split('\n').slice(0, -1);
    const { params, desk } = options;
    const played = playTape(tape, { params, desk, fromMs, toMs });
    expect(played.map(({ signalId, net }) => [signalId, net])).toEqual(
      lines.map((line) => JSON.parse(line)).map(({ signalId, net }) => [signalId, net]),
    );
    const settled = playTape(tape, { params, desk, fromMs, toMs, settles: true });
    expect(settled.slice(0, played.length)).toEqual(played);
    expect(settled.length).toBeGreaterThanOrEqual(played.length);
  });
});
