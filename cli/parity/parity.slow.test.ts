import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReplayedInput } from '../../connectors/journal/replay.ts';
import { MINUTE_MS, streamKey } from '../../schemas/primitives.ts';
import { readBatchKind } from '../../schemas/trade-batch.ts';
import { type LiveDay, LOOSE, liveHistory, recordedDay, START, type Tampering } from './live-day.fixture.ts';
import { compared, parityText, runParity } from './run.ts';

const MINUTES = 6;
const SYMBOL = 'BTCUSDT';
const KEY = streamKey('bybit', SYMBOL);
const LATE_KEY = streamKey('bybit', 'LTCUSDT');
const closers: (() => Promise<unknown>)[] = [];
let day: LiveDay;

beforeAll(async () => {
  day = await recordedDay(MINUTES, closers);
}, 120_000);
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

async function parity(tampering: Tampering = {}, params = day.paramsFile) {
  const dir = mkdtempSync(join(tmpdir(), 'parity-'));
  await liveHistory(day, join(dir, 'history.duckdb'), tampering);
  return compared({ dir, frames: day.frames, params });
}

/** Messages of the symbol in the inputs of a minute, by what becomes of them. */
function ofMinute(
  inputs: readonly ReplayedInput[],
  minute: number,
  change: (input: ReplayedInput, message: ReplayedInput['messages'][number]) => ReplayedInput['messages'],
): ReplayedInput[] {
  // A snapshot is sent when its second is over.
  const [from, to] = [START + minute * MINUTE_MS + 950, START + (minute + 1) * MINUTE_MS + 900];
  return inputs.map((input) => {
    if (input.at.market < from || input.at.market >= to) return input;
    return { ...input, messages: input.messages.flatMap((told) => change(input, told)) };
  });
}

describe('live signals of a recorded day', () => {
  it('are those of a replay, to the byte', async () => {
    const report = await parity();
    expect(report.live).toBeGreaterThan(2);
    expect(report).toMatchObject({ live: report.replay, differences: [] });
    expect(parityText(report)).toMatch(/the same {2}no difference/);
  });

  it('with another parameter are told as such', async () => {
    const { differences } = await parity({ params: { risk: { takeProfit: 0.006 } } });
    expect(differences.length).toBeGreaterThan(2);
    for (const { kind, field, cause } of differences)
      expect([kind, field, cause]).toEqual(['OTHERWISE', 'tp', 'CHANGED_PARAMETER']);
    const strict = join(mkdtempSync(join(tmpdir(), 'parity-')), 'p.json');
    writeFileSync(
      strict,
      JSON.stringify({ ...LOOSE, srExhaustion: { minChecks: 4, minChecksAgainstTrend: 4 } }),
    );
    // The replay may have none of its own: what it was run with is known all the same.
    const none = await parity({}, strict);
    expect(none.differences.map(({ cause }) => cause)).toEqual(
      none.differences.map(() => 'CHANGED_PARAMETER'),
    );
    expect(none.differences.length).toBeGreaterThan(0);
  });

  it('without a minute that nobody brought are told by that minute and its ledger', async () => {
    const minute = 3;
    const [from, to] = [START + minute * MINUTE_MS, START + (minute + 1) * MINUTE_MS];
    const gap = { id: 'gap', venue: 'bybit', symbol: SYMBOL, kind: 'GAP', ts: to, from, to } as const;
    const report = await parity({
      inputs: (inputs) =>
        ofMinute(inputs, minute, (_, told) => [
          { ...told, messages: told.messages.filter(({ orderingKey }) => orderingKey !== KEY) },
        ]),
      feedEvents: [{ ...gap, cause: 'the relay was away', tradesRecovered: 0, resolved: false }],
    });
    expect(report.differences.length).toBeGreaterThan(0);
    for (const { cause, detail, id } of report.differences) {
      expect([cause, id.split(':')[2]]).toEqual(['MISSING_MINUTE', SYMBOL]);
      expect(detail).toMatch(
        /^BTCUSDT 2026-03-01T12:03Z: (no bar|not whole) live; ledger \(live\): GAP, the relay was away$/,
      );
    }
  });

  it('decided before a trade came are told by the bar that was revised', async () => {
    const minute = 2;
    const until = START + (minute + 1) * MINUTE_MS;
    const report = await parity({
      inputs(inputs) {
        const held: ReplayedInput['messages'][number][] = [];
        const others = ofMinute(inputs, minute, (_, told) => {
          if (told.topic !== 'raw-tick-data') return [told];
          const isHeld = (message: (typeof told.messages)[number]) =>
            message.orderingKey === LATE_KEY && readBatchKind(message.data) === 'trades';
          held.push({ ...told, messages: told.messages.filter(isHeld) });
          return [{ ...told, messages: told.messages.filter((message) => !isHeld(message)) }];
        });
        const at = others.findIndex((input) => input.at.market >= until + 30_000);
        const late = { ...others[at]!, messages: [...held, ...others[at]!.messages] };
        return [...others.slice(0, at), late, ...others.slice(at + 1)];
      },
    });
    const causes = report.differences.map(({ cause }) => cause);
    expect(causes.length).toBeGreaterThan(0);
    expect(causes).toEqual(causes.map(() => 'LATE_TRADE'));
    expect(report.differences[0]!.detail).toMatch(
      /^LTCUSDT 2026-03-01T12:02Z: revised live after its close: volume /,
    );
    expect(parityText(report)).toMatch(/LATE_TRADE +[a-z-]+:/);
  });
});

describe('cst parity', () => {
  it('says what it needs', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'parity-'));
    await expect(runParity({})).rejects.toThrow(/--dir/);
    await expect(runParity({ dir, frames: day.frames })).rejects.toThrow(/history of a stack/);
    await liveHistory(day, join(dir, 'history.duckdb'));
    await expect(runParity({ dir })).rejects.toThrow(/--frames/);
  });
});
