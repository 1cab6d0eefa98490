/** Prometheus' own judge of rules, built from the Go module proxy. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { prometheusRules } from '../../infra/monitoring/prometheus.ts';
import { goTool } from '../go-server.ts';
import type { Scenario } from './scenarios.ts';
import type { Recording } from './series.ts';

const MODULE = resolve(import.meta.dirname, '../promtool');
const RULES = 'rules.json';
/** By group: two series of one alert are one that fires. */
const FIRING = 'group by (alertname) (ALERTS{alertstate="firing",alertname!="Watchdog"})';

interface Moment {
  readonly minute: number;
  readonly expr: string;
  /** Names of the alerts that are to. */
  readonly firing: readonly string[];
}

export class Promtool {
  readonly #path: string;
  readonly #dir = mkdtempSync(join(tmpdir(), 'cst-rules-'));

  private constructor(path: string) {
    this.#path = path;
    writeFileSync(join(this.#dir, RULES), JSON.stringify(prometheusRules()));
  }

  static async build(): Promise<Promtool> {
    return new Promtool(await goTool(MODULE, 'github.com/prometheus/prometheus/cmd/promtool'));
  }

  /** What it says of the rules, in its own words. */
  check(): Promise<string> {
    return this.#run('check', 'rules', '--lint=all', '--lint-fatal', RULES);
  }

  /** What it says of expressions that are no alerts. */
  checkExpressions(all: readonly string[]): Promise<string> {
    const rules = all.map((expr, i) => ({ record: `expression:${i}`, expr }));
    writeFileSync(join(this.#dir, 'expressions.json'), JSON.stringify({ groups: [{ name: 'all', rules }] }));
    return this.#run('check', 'rules', 'expressions.json');
  }

  /** What it says of the alerts that fire in each minute of a recording, beside those that are to. */
  judge(scenario: Scenario, recording: Recording): Promise<string> {
    const minutes = Array.from({ length: scenario.minutes + 1 }, (_, minute) => minute);
    return this.#test(
      recording,
      minutes.map((minute) => ({ minute, expr: FIRING, firing: firing(scenario, minute) })),
    );
  }

  /** The same of one alert alone: it fires in this minute for the first time. */
  judgeOne(name: string, minute: number, recording: Recording): Promise<string> {
    const expr = `group by (alertname) (ALERTS{alertstate="firing",alertname="${name}"})`;
    return this.#test(recording, [
      { minute: minute - 1, expr, firing: [] },
      { minute, expr, firing: [name] },
    ]);
  }

  #test({ everyS, series }: Recording, moments: readonly Moment[]): Promise<string> {
    const test = {
      rule_files: [RULES],
      evaluation_interval: '30s',
      tests: [
        {
          interval: `${everyS}s`,
          input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
          promql_expr_test: moments.map(({ minute, expr, firing: names }) => ({
            expr,
            eval_time: `${minute}m`,
            exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
          })),
        },
      ],
    };
    writeFileSync(join(this.#dir, 'test.json'), JSON.stringify(test));
    return this.#run('test', 'rules', 'test.json');
  }

  #run(...words: string[]): Promise<string> {
    return promisify(execFile)(this.#path, words, { cwd: this.#dir, maxBuffer: 1 << 26 }).then(
      ({ stdout, stderr }) => stdout + stderr,
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    );
  }
}

function firing({ fires }: Scenario, minute: number): string[] {
  const isOn = ([from, until]: readonly [number, number | null]) =>
    from <= minute && (until === null || minute < until);
  return Object.keys(fires).filter((name) => isOn(fires[name]!));
}
