import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeskParams } from '../../schemas/desk-params.ts';
import { HOUR_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import type { Criterion } from '../report/criteria.ts';
import type { Run } from '../report/folder.ts';
import { folderMade, runMade, START, TRADES } from '../report/report.fixture.ts';
import { planOf } from './plan.ts';
import { riskCriteria } from './risk.ts';
import { stressCriteria } from './stress.ts';

const CST = resolve(import.meta.dirname, '../cst.js');
const PARAMS = DeskParams.parse({ risk: { startEquity: 1_000 } });

const triedOf = (known: Partial<Run> = {}, trades = TRADES): Run => ({
  ...runMade(trades, { params: { signals: {}, desk: [PARAMS], macro: {} } }),
  ...known,
});

function verdictsOf(criteria: readonly Criterion[]): Record<string, string> {
  return Object.fromEntries(criteria.map(({ name, verdict }) => [name, verdict]));
}

describe('stress', () => {
  const criteria = stressCriteria();

  it('is passed by the desk, which does enter in a healthy market', () => {
    expect(criteria.filter(({ verdict }) => verdict !== 'PASS')).toEqual([]);
    const got = Object.fromEntries(criteria.map((each) => [each.name, each.got]));
    expect(got['Healthy market, to compare']).toMatch(/^1 of 13/);
    expect(got['Feed outage, nothing told at all']).toBe('0 of 13 signals entered; refused: FEED_STALE');
    expect(got['Book without asks']).toBe('0 of 13 signals entered; refused: FEED_INCOMPLETE');
  });

  it('tells how far from its price an SL was filled', () => {
    const prices = criteria.filter(({ name }) => name.endsWith(': price')).map(({ got }) => got);
    // The fourth quote is at 100 − 10 × 3.5 / 60 = 99.4167, its bid at 99.4067: 0.0938 % below 99.5.
    expect(prices[0]).toBe('0.09 % beyond the SL, 0.00 % beyond the quote');
    // The first after 30 seconds is at 94.9167, its bid at 94.9072: 4.6159 % below 99.5.
    expect(prices[2]).toBe('4.62 % beyond the SL, 0.00 % beyond the quote');
  });
});

describe('risk, checked on trades', () => {
  it('passes within limits and fails beyond each of them', () => {
    const large = TRADES.map((trade) => ({ ...trade, size: 11 }));
    // 11 × 100 at 10× of 1,000.
    expect(riskCriteria(large, PARAMS)[0]).toMatchObject({ got: '11.00 %', verdict: 'FAIL' });
    const small = TRADES.map((trade) => ({ ...trade, size: 5 }));
    expect(new Set(riskCriteria(small, PARAMS).map(({ verdict }) => verdict))).toEqual(new Set(['PASS']));
    const one = small[0]!;
    const crowd = ['A', 'B', 'C', 'D'].map((pair) => ({ ...one, pair }));
    expect(verdictsOf(riskCriteria(crowd, PARAMS))).toMatchObject({ 'Positions open at once': 'FAIL' });
    expect(verdictsOf(riskCriteria([one, one], PARAMS))).toMatchObject({
      'Open at once in one pair': 'FAIL',
      'Pause after an exit in a pair': 'FAIL',
    });
    const many = Array.from({ length: 51 }, (_, i) => ({
      ...one,
      openedAt: START + i * MINUTE_MS,
      closedAt: START + i * MINUTE_MS + 1,
    }));
    expect(verdictsOf(riskCriteria(many, PARAMS))).toMatchObject({ 'Entries in a UTC day': 'FAIL' });
  });

  it('says nothing without trades', () => {
    expect(new Set(riskCriteria([], PARAMS).map(({ verdict }) => verdict))).toEqual(new Set(['N/A']));
  });
});

describe('the plan', () => {
  it('judges the variant that was best in the first half by what it did in the second', () => {
    const [good, bad] = [1, -1].map((sign) =>
      TRADES.map((trade, i) => ({ ...trade, net: i < 2 ? sign : -sign })),
    );
    const runs = [triedOf({ variant: 'bad' }, bad), triedOf({ variant: 'good' }, good)];
    const { judged, days } = planOf(runs);
    expect(judged.variant).toBe('good');
    expect(days[5]!.criteria[0]).toMatchObject({ got: 'good of 2: 2.00, then -2.00', verdict: 'FAIL' });
    expect(planOf([triedOf()]).days[5]!.criteria[0]!.verdict).toBe('N/A');
  });

  it('finds a position that was opened in a gap of its pair', () => {
    const { openedAt, pair } = TRADES[0]!;
    const verdictOf = (symbol: string, to: number) => {
      const gap = { id: 'g', venue: 'bybit', kind: 'GAP', ts: to, from: START, to, cause: 'drop' } as const;
      const run = triedOf({ gaps: [{ ...gap, symbol, tradesRecovered: 0, resolved: false }] });
      return planOf([run]).days[5]!.criteria[1]!;
    };
    expect(verdictOf(pair, openedAt)).toMatchObject({ got: '1; 1 gaps', verdict: 'FAIL' });
    expect(verdictOf(pair, openedAt - 1).verdict).toBe('PASS');
    expect(verdictOf('OTHERUSDT', openedAt).verdict).toBe('PASS');
  });

  it('has numbers by hand', () => {
    const { days } = planOf([triedOf({ signals: [] })]);
    const got = Object.fromEntries(days.flatMap(({ criteria }) => criteria.map((each) => [each.name, each])));
    expect(got['Minutes incomplete']).toMatchObject({ got: '0.01 %', verdict: 'PASS' });
    expect(got['Traded time']).toMatchObject({ got: '2.0 days', verdict: 'FAIL' });
    expect(got['Trades with an unknown funding']).toMatchObject({ got: '1', verdict: 'FAIL' });
    // 1 of slippage over two fills of 1,000 in each of 4 trades.
    expect(got['Slippage of a fill']).toMatchObject({ got: '0.013 %', verdict: 'PASS' });
    expect(got['TPs filled at a worse price']).toMatchObject({ got: '0 of 2', verdict: 'PASS' });
    expect(days.map(({ day }) => day)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('cst paper-plan', () => {
  it('prints each criterion, and ends with 1 where one does not pass', () => {
    const run = triedOf(
      {},
      TRADES.map((trade) => ({ ...trade, openedAt: trade.openedAt + HOUR_MS / 60 })),
    );
    const folder = folderMade(run);
    const cst = (...words: string[]) =>
      spawnSync(process.execPath, [CST, 'paper-plan', ...words], { encoding: 'utf8' });
    const text = cst('--backtest', folder);
    expect([text.status, text.stderr]).toEqual([1, '']);
    expect(text.stdout).toMatch(/Day 7: Result[\s\S]*N\/A {3}Win rate[\s\S]*not ready for money/);
    const told = JSON.parse(cst('--backtest', folder, '--json').stdout);
    expect(told.counts.fail).toBeGreaterThan(0);
  });
});
