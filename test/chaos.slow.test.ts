/**
 * More than a thousand faults of every kind over hours on both venues: each minute's candle is what really traded, or
 * it is marked and the ledger says why. For longer runs by hand: CST_CHAOS_HOURS, CST_CHAOS_SEED.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../connectors/exchanges/simulated/faults/faults.ts';
import { CHAOS } from './chaos/options.ts';
import { type CopiesReport, judgeRun, linesOf, unfounded } from './chaos/report.ts';
import type { MinuteVerdict } from './chaos/verdict.ts';
import { type ChaosRun, MARK_MS, runChaos, START } from './chaos/world.ts';

let run: ChaosRun;
let reports: CopiesReport[];
beforeAll(async () => {
  run = await runChaos(CHAOS);
  reports = await judgeRun(run);
  for (const line of linesOf(run, reports)) console.log(line);
}, 24 * 3_600_000);

const verdicts = (): (MinuteVerdict & { readonly stream: string })[] =>
  reports.flatMap(({ symbols }) =>
    symbols.flatMap(({ copies, key, verdicts: own }) =>
      own.map((verdict) => ({ ...verdict, stream: `${key} on ${copies}` })),
    ),
  );

describe(`chaos over ${CHAOS.hours} hours with seed ${CHAOS.seed}`, () => {
  it('has every kind of fault several times, and they do harm', () => {
    const counts = FAULT_KINDS.map((kind) => run.faults.filter(({ fault }) => fault.kind === kind).length);
    expect(run.faults).toHaveLength(Math.round(CHAOS.hours * CHAOS.perHour));
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(Math.min(10, 5 * CHAOS.hours));
    expect(run.faults.filter(({ state }) => state === 'due')).toEqual([]);
    const withheld = run.faults.reduce((sum, { tradesWithheld }) => sum + tradesWithheld, 0);
    expect(withheld).toBeGreaterThan(1_000 * CHAOS.hours);
  });

  it('publishes no candle that is wrong and not marked', () => {
    expect(verdicts().filter(({ is }) => is === 'WRONG')).toEqual([]);
  });

  it('marks no candle without an entry in the ledger that covers it', () => {
    expect(verdicts().filter(({ is }) => is === 'UNEXPLAINED')).toEqual([]);
  });

  it('brings back what can be had, also by revision', () => {
    const recovered = verdicts().filter(({ isRecovered }) => isRecovered);
    expect(recovered.length).toBeGreaterThan(100 * CHAOS.hours);
    expect(recovered.filter(({ isRevised }) => isRevised).length).toBeGreaterThan(20 * CHAOS.hours);
    const whole = verdicts().filter(({ is }) => is === 'right' || is === 'exchange');
    expect(whole.length).toBeGreaterThan(verdicts().length / 2);
  });

  it('gives signals on bars alone that were whole when they closed', () => {
    expect(reports.every(({ graph }) => graph.signals.length > 0)).toBe(true);
    expect(reports.flatMap((report) => unfounded(report))).toEqual([]);
  });

  it('is the same again, byte for byte', async () => {
    const marks = 3;
    const again = await runChaos({ ...CHAOS, untilMs: START + marks * MARK_MS });
    expect(again.digests).toEqual(run.digests.slice(0, marks));
  });
});
