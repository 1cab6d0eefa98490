import { describe, expect, it } from 'vitest';
import { SLOT_MS } from '../../functions/macro-engine/bias.ts';
import { macroOf } from '../../functions/macro-engine/macro.ts';
import { walk } from '../../functions/macro-engine/market.fixture.ts';
import { closeTime } from '../../schemas/candle.ts';
import { MacroParams } from '../../schemas/macro-params.ts';
import { MacroMemory } from './macro-memory.ts';

/** Fewer bars than by default are looked at, so that two weeks are enough. */
const params = MacroParams.parse({ indicators: { bars: 80, minBars: 54 } });
const bars = walk(3, 14 * 288).toSorted((a, b) => closeTime(a) - closeTime(b));
const last = closeTime(bars.at(-1)!);

describe('the memory of the MACRO engine', () => {
  it('decides each slot as on all candles there are', () => {
    const memory = new MacroMemory('BTCUSDT', params);
    const decide = macroOf('BTCUSDT', bars, params);
    let [at, biased] = [0, 0];
    for (let slot = closeTime(bars[0]!); slot <= last; slot += SLOT_MS) {
      while (at < bars.length && closeTime(bars[at]!) <= slot) memory.add(bars[at++]!);
      slot -= slot % SLOT_MS;
      const got = memory.decide(slot);
      expect(got).toEqual(decide(slot));
      if (got.bias.bias !== null) biased += 1;
    }
    expect(biased).toBeGreaterThan(5);
  });

  it('judges anew what a revision, or a bar that was missing, changes', () => {
    const late = bars.filter(({ interval }) => interval === '5m').at(-9)!;
    const revised = {
      ...bars.filter(({ interval }) => interval === '1h').at(-3)!,
      close: 1,
      low: 1,
      revision: 99,
    };
    const memory = new MacroMemory('BTCUSDT', params);
    for (const bar of bars) if (bar !== late) memory.add(bar);
    memory.decide(last - SLOT_MS);
    const older = { ...revised, revision: 0, close: 2 };
    for (const bar of [late, revised, older]) memory.add(bar);
    const known = [...bars, revised];
    expect(memory.decide(last)).toEqual(macroOf('BTCUSDT', known, params)(last));
    expect(memory.decide(last)).not.toEqual(macroOf('BTCUSDT', bars, params)(last));
  });
});
