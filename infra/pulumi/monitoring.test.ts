import { beforeAll, describe, expect, it } from 'vitest';
import { ALERT_RULES } from '../monitoring/alerts.ts';
import { SECTIONS } from '../monitoring/dashboards.ts';
import {
  type Made,
  PROJECT,
  PROJECT_NUMBER,
  STACKS,
  type Stacked,
  stackOf,
  stackOfTier,
} from './mocked.fixture.ts';

const CLOUD = ['DataCheckFailed', 'ErrorsLogged', 'SubscriberStuck', 'Undelivered', 'WebhookDown'];
const OF_THE_JOB = ['JobGone', 'JobLag'];

const of = (stack: Stacked, type: string): Made[] =>
  stack.filter((made) => made.type.startsWith(`gcp:monitoring/${type}:`));
const policyOf = (stack: Stacked, name: string) => {
  const { inputs } = of(stack, 'alertPolicy').find((made) => made.name === name)!;
  return { ...inputs, ...inputs.conditions[0].conditionPrometheusQueryLanguage };
};

describe.each(STACKS)('alerts in $tier, $stage', (which) => {
  let stack: Stacked;
  beforeAll(async () => {
    stack = await stackOfTier(which);
  });

  it('are the rules that hold anywhere, one to one, and those that only the cloud can know', () => {
    const names = of(stack, 'alertPolicy').map(({ inputs }) => inputs.displayName);
    const graph = which.tier === 'dataflow' ? OF_THE_JOB : ['NodeSilent'];
    expect(names).toEqual([...ALERT_RULES.map(({ name }) => name), ...CLOUD, ...graph].sort());
  });

  it('ask what the rules ask, for as long, and name what to do', () => {
    for (const { name, promql, forS, severity, runbook } of ALERT_RULES) {
      const policy = policyOf(stack, name);
      expect([policy.query, policy.duration]).toEqual([promql, `${forS}s`]);
      expect(policy.severity).toBe(severity === 'page' ? 'CRITICAL' : 'WARNING');
      expect(policy.documentation.content).toContain(runbook);
    }
  });

  it('reach somebody, and are there before the first metric is', () => {
    const [channel] = of(stack, 'notificationChannel') as [Made];
    expect(channel.inputs.labels).toEqual({ email_address: 'oncall@example.com' });
    for (const { inputs, after } of of(stack, 'alertPolicy')) {
      expect(inputs.notificationChannels).toHaveLength(1);
      expect(inputs.conditions[0].conditionPrometheusQueryLanguage.disableMetricValidation).toBe(true);
      expect(after).toContain('cst_errors');
    }
  });
});

describe('an alert', () => {
  it('tells labels and value in the words of Google', async () => {
    const { documentation } = policyOf(await stackOfTier(STACKS[0]!), 'RelayClockOff');
    expect(documentation.content).toBe(
      [
        `The relay of \${metric_or_resource.label.venue} has another time than the exchange, by \${metric.label.value} s.`,
        'What to do: docs/RUNBOOK.md#relayclockoff',
      ].join('\n\n'),
    );
  });

  it('is looked at each minute, and each hour where it looks back on days', async () => {
    const stack = await stackOfTier(STACKS[0]!);
    expect(policyOf(stack, 'FeedDead').evaluationInterval).toBe('60s');
    expect(policyOf(stack, 'CandleTimelyBurnsSlow').evaluationInterval).toBe('3600s');
  });

  it('links its part of the runbook where the stack says where that is', async () => {
    const stack = await stackOf({ docsUrl: 'https://git.example.com/cst/blob/main', alertEmail: null });
    expect(policyOf(stack, 'FeedDead').documentation.links).toEqual([
      { displayName: 'Runbook', url: 'https://git.example.com/cst/blob/main/docs/RUNBOOK.md#feeddead' },
    ]);
    expect(of(stack, 'notificationChannel')).toEqual([]);
  });

  it('is none while nothing runs that could be missed', async () => {
    expect(of(await stackOf({ imageTag: null }), 'alertPolicy')).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('draws every panel of infra/monitoring', async () => {
    const [{ inputs }] = of(await stackOfTier(STACKS[0]!), 'dashboard') as [Made];
    const { tiles } = JSON.parse(inputs.dashboardJson).mosaicLayout;
    const charts = tiles.filter(({ widget }: { widget: object }) => 'xyChart' in widget);
    expect(charts).toHaveLength(SECTIONS.flatMap(({ panels }) => panels).length);
  });
});

describe('what is seen from outside', () => {
  it('is the webhook, from three parts of the world', async () => {
    const [{ inputs }] = of(await stackOfTier(STACKS[0]!), 'uptimeCheckConfig') as [Made];
    expect(inputs.monitoredResource.labels).toEqual({
      project_id: PROJECT,
      host: `telegram-webhook-${PROJECT_NUMBER}.asia-southeast1.run.app`,
    });
    expect(inputs.httpCheck).toMatchObject({ path: '/live', useSsl: true, validateSsl: true });
    expect(inputs.selectedRegions).toHaveLength(3);
  });
});
