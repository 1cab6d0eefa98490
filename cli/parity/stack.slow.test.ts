/** A stack that was recorded, as cst start --record does it, against a replay of its recording. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../connectors/journal/entry.ts';
import type { ReplayedInput } from '../../connectors/journal/replay.ts';
import { HOUR_MS, MINUTE_MS, streamKey } from '../../schemas/primitives.ts';
import { readBatchKind } from '../../schemas/trade-batch.ts';
import { LOOSE, liveHistory } from './live-day.fixture.ts';
import { compared } from './run.ts';
import { aSignal, knownOf, recordedStack, rewritten, type StackDay } from './stack-day.fixture.ts';

const SYMBOLS = ['BTCUSDT', 'SOLUSDT', 'LTCUSDT'];
const HOURS = 2;
const START = Date.UTC(2026, 2, 1, 6);
/** Of two hours there are dozens. */
const ENOUGH = 20;

const paramsOf = (params: object) => {
  const path = join(mkdtempSync(join(tmpdir(), 'parity-')), 'params.json');
  writeFileSync(path, JSON.stringify(params));
  return path;
};
const params = paramsOf(LOOSE);
let day: StackDay;
/** Of a signal in the midst of it, and the minute that it closed. */
let symbol: string;
let minute: number;
let iso: string;

beforeAll(async () => {
  day = await recordedStack({
    symbols: SYMBOLS,
    startMs: START,
    endMs: START + HOURS * HOUR_MS,
    params: LOOSE,
  });
  const signal = await aSignal(day.dir);
  symbol = signal.symbol;
  minute = signal.timestamp - MINUTE_MS;
  iso = new Date(minute).toISOString().slice(0, 16);
}, 600_000);

describe('the signals of a stack over two hours of its market', () => {
  it('are those of a replay of its recording, to the byte', async () => {
    const report = await compared({ dir: day.dir, frames: day.frames, params });
    expect(report.differences).toEqual([]);
    expect(report.live).toBe(report.replay);
    expect(report.live).toBeGreaterThan(ENOUGH);
    // But for the minutes that a stack leaves to its successor.
    expect(report.range.fromMs).toBe(START);
    expect(report.range.toMs).toBeGreaterThan(START + HOURS * HOUR_MS - 5 * MINUTE_MS);
  });

  it('are told by their parameters where the replay has others', async () => {
    const other = paramsOf({ ...LOOSE, risk: { takeProfit: 0.006 } });
    const { differences } = await compared({ dir: day.dir, frames: day.frames, params: other });
    expect(differences.length).toBeGreaterThan(ENOUGH);
    for (const { kind, field, cause } of differences)
      expect([kind, field, cause]).toEqual(['OTHERWISE', 'tp', 'CHANGED_PARAMETER']);
  });

  it('are told by the minute whose trades are not in the recording', async () => {
    const frames = await rewritten(day.frames, (entry) => (isTradesOfMinute(entry) ? null : entry));
    const report = await compared({ dir: day.dir, frames, params });
    expect(report.differences.length).toBeGreaterThan(0);
    for (const { cause, id } of report.differences)
      expect([cause, id.split(':')[2]]).toEqual(['MISSING_MINUTE', symbol]);
    expect(report.differences[0]!.detail).toContain(`${symbol} ${iso}Z: no trade in the replay, volume `);
  });

  it('are told by trades that are not in the recording, though others of their minute are', async () => {
    let seen = 0;
    const frames = await rewritten(day.frames, (entry) => {
      if (!isTradesOfMinute(entry)) return entry;
      seen += 1;
      return seen % 2 === 0 ? null : entry;
    });
    const { differences } = await compared({ dir: day.dir, frames, params });
    expect(differences.length).toBeGreaterThan(0);
    for (const { cause, detail } of differences) {
      expect(cause).toBe('MISSING_TRADES');
      expect(detail).toContain(`${symbol} ${iso}Z: volume `);
    }
  });

  it('are told by the trades that came late to the stack', async () => {
    const lived = { frames: day.frames, paramsFile: params, warm: await knownOf(day.frames) };
    const dir = mkdtempSync(join(tmpdir(), 'parity-'));
    await liveHistory(lived, join(dir, 'history.duckdb'), { inputs: (inputs) => late(inputs) });
    const report = await compared({ dir, frames: day.frames, params });
    const causes = report.differences.map(({ cause }) => cause);
    expect(causes.length).toBeGreaterThan(0);
    expect(causes).toEqual(causes.map(() => 'LATE_TRADE'));
    expect(report.differences[0]!.detail).toContain(
      `${symbol} ${iso}Z: revised live after its close: volume `,
    );
  });
});

function isTradesOfMinute({ input, at: { market } }: JournalEntry): boolean {
  const isOfIt = market >= minute && market < minute + MINUTE_MS;
  return isOfIt && input.kind === 'frame' && input.frame.includes(`"publicTrade.${symbol}"`);
}

/** Trades of the minute come half a minute after its close. */
function late(inputs: readonly ReplayedInput[]): ReplayedInput[] {
  const closeMs = minute + MINUTE_MS;
  const key = streamKey('bybit', symbol);
  const held: ReplayedInput['messages'][number][] = [];
  const others = inputs.map((input) => {
    if (input.at.market < minute + 950 || input.at.market >= closeMs + 900) return input;
    const messages = input.messages.flatMap((told) => {
      if (told.topic !== 'raw-tick-data') return [told];
      const isHeld = ({ orderingKey, data }: (typeof told.messages)[number]) =>
        orderingKey === key && readBatchKind(data) === 'trades';
      held.push({ ...told, messages: told.messages.filter(isHeld) });
      return [{ ...told, messages: told.messages.filter((message) => !isHeld(message)) }];
    });
    return { ...input, messages };
  });
  const at = others.findIndex((input) => input.at.market >= closeMs + 30_000);
  others[at] = { ...others[at]!, messages: [...held, ...others[at]!.messages] };
  return others;
}
