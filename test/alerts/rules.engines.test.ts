import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SECTIONS } from '../../infra/monitoring/dashboards.ts';
import { CLOUD_RULES } from '../../infra/pulumi/cloud-alerts.ts';
import { needGo, wantsGo } from '../go-server.ts';
import { MADE } from './made.ts';
import { Promtool } from './promtool.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';
import type { Recording } from './series.ts';

let promtool: Promtool;

beforeAll(async () => {
  if (wantsGo()) promtool = await Promtool.build();
}, 900_000);

function recordingOf(name: string): Recording {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'recorded', `${name}.json`), 'utf8'));
}

describe('the alert rules', () => {
  it('are rules of Prometheus', async (test) => {
    needGo(test);
    expect(await promtool.check()).toMatch(/SUCCESS: \d+ rules found/);
  });

  it('are so on Google Cloud, too', async (test) => {
    needGo(test);
    const all = CLOUD_RULES.map(({ promql }) => promql);
    expect(await promtool.checkExpressions(all)).toContain(`SUCCESS: ${all.length} rules found`);
  });

  it('have panels beside them that are expressions of Prometheus', async (test) => {
    needGo(test);
    const panels = SECTIONS.flatMap((section) => section.panels);
    const all = panels.flatMap(({ lines }) => lines.map(({ promql }) => promql));
    expect(await promtool.checkExpressions(all)).toContain(`SUCCESS: ${all.length} rules found`);
  });

  it.for(Object.keys(SCENARIOS) as ScenarioName[])(
    'fire in a recording of %s as they must, minute by minute, and no others do',
    async (name, test) => {
      needGo(test);
      expect(await promtool.judge(SCENARIOS[name], recordingOf(name))).toMatch(/^\s*SUCCESS\s*$/);
    },
  );

  it.for(MADE.map((made) => [made.fires, made] as const))(
    'fire for %s where its series say so, and not a minute before',
    async ([name, { series, minute }], test) => {
      needGo(test);
      const made = { everyS: 30, series };
      expect(await promtool.judgeOne(name, minute, made)).toMatch(/^\s*SUCCESS\s*$/);
    },
  );
});
