import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALERT_RULES } from '../../infra/monitoring/alerts.ts';
import { CLOUD_RULES } from '../../infra/pulumi/cloud-alerts.ts';
import { METRICS, type MetricName, metricOf } from '../../schemas/metrics.ts';
import { MADE } from './made.ts';
import { asked, groupedBy } from './promql.ts';
import { SCENARIOS } from './scenarios.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const runbook = readFileSync(join(ROOT, 'docs/RUNBOOK.md'), 'utf8');
const sections = new Map(
  runbook
    .split(/^### /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
);
const commands = readdirSync(join(ROOT, 'cli/commands')).flatMap((file) =>
  [...readFileSync(join(ROOT, 'cli/commands', file), 'utf8').matchAll(/\.command\('([a-z-]+)/g)].map(
    ([, name]) => name,
  ),
);
const rules = ALERT_RULES.map((rule) => [rule.name, rule] as const);

describe.each(rules)('%s', (_, { promql, summary, severity }) => {
  it('asks metrics that there are, by labels that they have', () => {
    const all = asked(promql);
    expect(all.length).toBeGreaterThan(0);
    const known = all.flatMap(({ metric }) => (metric ? metricOf(metric).labels : []));
    for (const { series, metric, labels } of all) {
      expect([series, metric]).toEqual([series, expect.any(String)]);
      const own = [...metricOf(metric as MetricName).labels, 'le'];
      expect(own).toEqual(expect.arrayContaining([...labels]));
    }
    expect([...known, 'le']).toEqual(expect.arrayContaining(groupedBy(promql)));
  });

  it('tells labels that its expression keeps', () => {
    const told = [...summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    const kept = promql.includes('absent(') ? ['stage'] : groupedBy(promql);
    expect(kept).toEqual(expect.arrayContaining(told));
    expect(['page', 'ticket']).toContain(severity);
  });
});

describe('the runbook', () => {
  const told = [...ALERT_RULES, ...CLOUD_RULES];

  it.each(told)('has a section of $name', ({ name, runbook: link }) => {
    expect(link).toBe(`docs/RUNBOOK.md#${name.toLowerCase()}`);
    const section = sections.get(name) ?? '';
    for (const word of ['Means', 'Hurts', 'Look', 'Mend', 'Worry']) {
      expect(section).toMatch(new RegExp(`^- \\*\\*${word}\\*\\* \\S`, 'm'));
    }
  });

  it('has no section of an alert that is not there', () => {
    expect([...sections.keys()].sort()).toEqual(['Watchdog', ...told.map(({ name }) => name)].sort());
  });

  it('names commands, queries and metrics that there are', () => {
    const code = [...runbook.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);
    const used = code.flatMap((text) => /^cst ([a-z-]+)/.exec(text)?.[1] ?? []);
    expect(commands).toEqual(expect.arrayContaining(used));
    const queries = readdirSync(join(ROOT, 'bq'), { recursive: true, encoding: 'utf8' });
    for (const query of code.flatMap((text) => /^cst sql ([a-z_]+)/.exec(text)?.[1] ?? [])) {
      expect(queries.some((file) => file.endsWith(`/${query}.sql`))).toBe(true);
    }
    for (const text of code.filter((each) => each.startsWith('cst_'))) {
      for (const { series, metric } of asked(text))
        expect([series, metric]).toEqual([series, expect.any(String)]);
    }
  });
});

describe('the recordings', () => {
  it('have each alert fire somewhere, or series made by hand do', () => {
    const recorded = Object.values(SCENARIOS).flatMap(({ fires }) => Object.keys(fires));
    const all = [...new Set([...recorded, ...MADE.map(({ fires }) => fires)])].sort();
    expect(all).toEqual(rules.map(([name]) => name).sort());
  });

  it('expect alerts that there are', () => {
    const names = rules.map(([name]) => name);
    for (const { fires } of Object.values(SCENARIOS)) {
      expect(names).toEqual(expect.arrayContaining(Object.keys(fires)));
    }
  });

  it('are of metrics that there are', () => {
    for (const file of readdirSync(join(import.meta.dirname, 'recorded'))) {
      const { series } = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded', file), 'utf8'));
      for (const name of Object.keys(series)) {
        const [one] = asked(name);
        expect(Object.hasOwn(METRICS, one?.metric ?? '')).toBe(true);
      }
    }
  });
});
