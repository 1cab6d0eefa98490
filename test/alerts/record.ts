/**
 * Records what a stack tells of itself in each scenario, for the tests of the alert rules:
 *   node test/alerts/record.ts [scenario…]
 * Only series that some rule asks are kept. Takes two to three minutes each.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricOfSeries, scraped } from '../../connectors/metrics/exposition.fixture.ts';
import { ALERT_RULES } from '../../infra/monitoring/alerts.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { asked } from './promql.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from './scenarios.ts';
import { seriesText } from './series.ts';
import { openWatchedStack } from './watched-stack.fixture.ts';

const EVERY_S = 30;
/** As fast as this machine keeps a bar's delay below what is promised. */
const SPEED = 20;
const START = Date.UTC(2026, 0, 5, 9, 24);

const NEEDED = new Set(ALERT_RULES.flatMap(({ promql }) => asked(promql)).map(({ metric }) => metric));

for (const name of process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(SCENARIOS)) {
  const recording = await record(SCENARIOS[name as ScenarioName]);
  mkdirSync(join(import.meta.dirname, 'recorded'), { recursive: true });
  const path = join(import.meta.dirname, 'recorded', `${name}.json`);
  writeFileSync(path, `${JSON.stringify({ everyS: EVERY_S, series: recording }, null, 1)}\n`);
  process.stdout.write(`${name}: ${Object.keys(recording).length} series\n`);
}
process.exit(0);

async function record({ minutes, faults, book = {} }: Scenario): Promise<Record<string, string>> {
  const stack = await openWatchedStack({ startMs: START, speed: SPEED, book });
  stack.begin();
  const samples = new Map<string, (number | undefined)[]>();
  const scrapes = (minutes * 60) / EVERY_S + 1;
  let isDead = false;
  for (let i = 0; i < scrapes; i++) {
    await stack.clock.until(START + i * EVERY_S * 1_000);
    for (const { minute, fault } of faults) {
      if (minute * MINUTE_MS !== i * EVERY_S * 1_000) continue;
      isDead = fault === 'dead-man';
      await stack.suffer(fault);
    }
    // What is dead answers no scrape.
    for (const [series, value] of isDead ? [] : read(await stack.scrape())) {
      const values = samples.get(series) ?? new Array<undefined>(scrapes).fill(undefined);
      values[i] = value;
      samples.set(series, values);
    }
  }
  await stack.stop();
  return Object.fromEntries([...samples].sort().map(([series, values]) => [series, seriesText(values)]));
}

function read(text: string): [string, number][] {
  return scraped(text).flatMap(({ name, labels, value }) => {
    const metric = metricOfSeries(name);
    if (metric === undefined || !NEEDED.has(metric)) return [];
    const pairs = Object.entries(labels).map(([label, is]) => `${label}="${is}"`);
    return [[`${name}{${pairs.join(',')}}`, value] as [string, number]];
  });
}
