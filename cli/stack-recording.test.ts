import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bybitAdapter } from '../connectors/exchanges/bybit/adapter.ts';
import { openJournal } from '../connectors/journal/reader.ts';
import { candle } from '../transforms/candle.fixture.ts';
import { expectNoRecording, openStackRecording, recordedWarmth } from './stack-recording.ts';

const START = Date.UTC(2026, 2, 1, 12);
const CANDLE = candle({ interval: '1m', openTime: START - 60_000, volume: 10 });

it('a recording keeps the depth of its books and the bars its graph began with, and is not begun anew', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'recording-'));
  await expectNoRecording(dir, 'bybit');
  const notices: string[] = [];
  const notice = (line: string) => void notices.push(line);
  const adapter = bybitAdapter({ bookDepth: 50 });
  const recording = await openStackRecording({ source: { adapter }, notice }, dir);
  const at = { market: START, network: 0 };
  recording.taps.onStart({ startedAt: at });
  recording.warmed([CANDLE]);
  recording.taps.onInput({ kind: 'symbols', symbols: ['BTCUSDT'] }, at);
  await recording.close();
  const journal = await openJournal(dir);
  expect(journal.runs[0]?.header.adapter.bookDepth).toBe(50);
  expect(await recordedWarmth(journal)).toEqual([CANDLE]);
  await expect(expectNoRecording(dir, 'bybit')).rejects.toThrow(/without a recording for --record/);
  expect(notices).toEqual([]);
});
