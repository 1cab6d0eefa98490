import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { INTERVAL_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { modelLevelSets } from '../../transforms/levels/level-sets.model.ts';
import { levelSet } from '../../transforms/strategies/rows.fixture.ts';
import { ROUTES } from '../api.ts';
import { barsOf, NOW, pastBars, TestDashboard } from '../dashboard.fixture.ts';
import { levelsNow } from './levels-now.ts';

const SLOT_MS = INTERVAL_MS['15m'];
const told = (asOf: number) => levelSet([], { id: `BTCUSDT:${asOf}:1`, asOf, atr: null, atrBaseline: null });

describe('levels of bars that are known', () => {
  const m15 = barsOf('15m', NOW - 120 * SLOT_MS, NOW);
  const h1 = barsOf('1h', NOW - 200 * INTERVAL_MS['1h'], NOW);

  it.each([0, 1, 2, 3])('are those of the graph, %i quarters after the hour', (quarters) => {
    const asOf = NOW - (4 - quarters) * SLOT_MS;
    const slots = m15.filter(({ openTime }) => openTime < asOf);
    const model = modelLevelSets(slots, h1).at(-1)!;
    expect(model.asOf).toBe(asOf);
    expect(model.levels.length).toBeGreaterThan(1);
    const { id: _id, revision: _revision, atrBaseline, ...now } = levelsNow(slots, h1, asOf, DEFAULT_PARAMS)!;
    expect(model).toMatchObject(now);
    expect(atrBaseline).toBeNull();
  });

  it('are none where the newest bar is missing', () => {
    expect(levelsNow(m15.slice(0, -1), h1, NOW, DEFAULT_PARAMS)).toBeNull();
  });
});

describe('levels of a dashboard', () => {
  let dashboard: TestDashboard;
  beforeAll(async () => {
    dashboard = await TestDashboard.open({}, { pastBars });
  });
  afterAll(() => dashboard.close());
  const levels = async () =>
    ROUTES['/api/levels'].answer.parse((await dashboard.ask('/api/levels?pair=BTCUSDT')).json()).levels;

  it('are read from the past before the graph has told of any', async () => {
    const asOf = NOW - SLOT_MS;
    const h1 = barsOf('1h', NOW - 201 * INTERVAL_MS['1h'], NOW - INTERVAL_MS['1h']);
    const model = modelLevelSets(barsOf('15m', asOf - 120 * SLOT_MS, asOf), h1).at(-1)!;
    const now = await levels();
    expect(now).toMatchObject({ asOf, trend: model.trend, levels: model.levels, candles: 120 });
  });

  it('are read anew where those of an earlier run are old, and are the graph’s as soon as it tells', async () => {
    await dashboard.publish('market-levels', told(NOW - 3 * SLOT_MS));
    expect(await levels()).toMatchObject({ asOf: NOW - SLOT_MS });
    await dashboard.publish('market-levels', told(NOW - SLOT_MS), false);
    expect(await levels()).toEqual(told(NOW - SLOT_MS));
  });

  it('are the newest known where nothing tells of the past', async () => {
    const alone = await TestDashboard.open();
    await alone.publish('market-levels', told(NOW - 60 * MINUTE_MS));
    const answer = (await alone.ask('/api/levels?pair=BTCUSDT')).json();
    expect(ROUTES['/api/levels'].answer.parse(answer).levels).toMatchObject({ asOf: NOW - 60 * MINUTE_MS });
    await alone.close();
  });
});
