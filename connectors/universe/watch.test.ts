import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../schemas/errors.ts';
import { UniverseOptions } from '../../schemas/universe-options.ts';
import { ManualClock } from '../clock/manual.ts';
import type { Universe } from './choose.ts';
import { instrument, market } from './universe.fixture.ts';
import { UniverseWatch } from './watch.ts';

const START = Date.UTC(2026, 7, 9);
const MINUTE = 60_000;

function begin(settings: object = {}, initial?: readonly string[]) {
  const clock = new ManualClock(START);
  const state = { now: market(9), isDown: false, asked: [] as number[] };
  const told: Universe[] = [];
  const failures: [number, string][] = [];
  const watch = new UniverseWatch({
    rest: {
      instruments: async () => {
        state.asked.push(clock.now() - START);
        if (state.isDown) throw new UpstreamError('down');
        return state.now.instruments;
      },
      turnovers: async () => state.now.turnovers,
    },
    options: UniverseOptions.parse({ size: 4, margin: 1, ...settings }),
    clock,
    ...(initial ? { initial } : {}),
    onChange: (universe) => void told.push(universe),
    onFailure: (error, count) => void failures.push([count, error.message]),
  });
  const stop = new AbortController();
  /** Until this many minutes after the start. */
  const until = async (minutes: number) => {
    await new Promise(setImmediate);
    await clock.advanceTo(START + minutes * MINUTE);
    await new Promise(setImmediate);
  };
  return { clock, state, told, failures, watch, stop, until };
}

describe('a universe watched', () => {
  it('is told once, and again when it changes', async () => {
    const { watch, stop, state, told, until } = begin();
    const running = watch.run(stop.signal);
    await until(44);
    expect(state.asked).toEqual([0, 15 * MINUTE, 30 * MINUTE]);
    expect(told.map(({ symbols }) => symbols)).toEqual([['S00', 'S01', 'S02', 'S03']]);
    state.now.turnovers.set('S00', 999_500);
    state.now.instruments[1] = instrument('S01', { status: 'halted' });
    await until(45);
    expect(told.at(-1)).toMatchObject({ halted: ['S01'], added: [], removed: [] });
    state.now.instruments[2] = instrument('S02', { status: 'closed' });
    await until(60);
    expect(told.at(-1)).toMatchObject({ added: ['S04'], removed: [{ symbol: 'S02' }] });
    expect(told).toHaveLength(3);
    expect(watch.symbols).toEqual(['S00', 'S03', 'S04', 'S01']);
    expect(watch.instruments.get('S02')?.status).toBe('closed');
    stop.abort();
    await running;
  });

  it('stays as it was while the exchange is silent, which is asked again sooner', async () => {
    const { watch, stop, state, told, failures, until } = begin();
    const running = watch.run(stop.signal);
    await until(14);
    state.isDown = true;
    await until(60);
    expect(state.asked.slice(1)).toEqual(
      [15, 15.25, 15.75, 16.75, 18.75, 22.75, 30.75, 45.75].map((m) => m * MINUTE),
    );
    expect(failures.map(([count]) => count)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(watch.symbols).toEqual(['S00', 'S01', 'S02', 'S03']);
    state.isDown = false;
    await until(75);
    expect(state.asked.slice(-1)).toEqual([60.75 * MINUTE]);
    expect(told).toHaveLength(1);
    stop.abort();
    await running;
  });

  it('is not emptied by an answer that lists nothing', async () => {
    const { watch, state, failures, stop, until } = begin();
    const running = watch.run(stop.signal);
    await until(14);
    state.now = { instruments: [], turnovers: new Map() };
    await until(15);
    expect(failures).toHaveLength(1);
    expect(failures[0]?.[1]).toContain('got none among 0 instruments');
    expect(watch.symbols).toHaveLength(4);
    stop.abort();
    await running;
  });

  it('begins with what was followed before', async () => {
    const { watch, told } = begin({}, ['S00', 'S01', 'S02', 'S04']);
    expect(watch.symbols).toHaveLength(4);
    expect(await watch.refresh()).toMatchObject({ added: [], removed: [] });
    expect(told).toHaveLength(1);
  });

  it('ends when told to, also before its first answer, without complaint', async () => {
    const { watch, stop, failures, state } = begin();
    state.isDown = true;
    const running = watch.run(stop.signal);
    stop.abort();
    await running;
    expect(failures).toEqual([]);
    await expect(watch.refresh()).rejects.toThrow('down');
  });

  it('does not hide a defect of ours', async () => {
    const { watch, stop, state } = begin();
    state.now = { ...state.now, turnovers: null as unknown as Map<string, number> };
    await expect(watch.run(stop.signal)).rejects.toThrow(TypeError);
  });
});
