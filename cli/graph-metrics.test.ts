import { describe, expect, it } from 'vitest';
import { scraped, unlisted } from '../connectors/metrics/exposition.fixture.ts';
import { Meter } from '../connectors/metrics/meter.ts';
import type { StepMetrics } from '../pipelines/runners/embedded/metrics.ts';
import { graphHealth, graphSamples } from './graph-metrics.ts';

const NOW = Date.UTC(2026, 2, 1, 12);

function step(change: Partial<StepMetrics>): StepMetrics {
  const counts = { elementsIn: 0, elementsOut: 0, late: 0, droppedLate: 0, held: 0 };
  return { step: 'a', ...counts, watermarkMs: NOW, lagMs: 0, ...change };
}

const graphOf = (steps: StepMetrics[], lastPublishMs: number | null = null, backlog?: number) => ({
  steps: () => steps,
  backlog: () => backlog,
  lastPublishMs,
});

async function told(graph: ReturnType<typeof graphOf>): Promise<Record<string, number>> {
  const meter = new Meter([]);
  meter.read(() => graphSamples(graph, NOW));
  const text = await meter.text();
  expect(unlisted(text)).toEqual([]);
  return Object.fromEntries(
    scraped(text).map(({ name, labels, value }) => [[name, ...Object.values(labels)].join(' '), value]),
  );
}

describe('a graph', () => {
  it('tells how far behind the clock it is, and how old the newest thing is that it read', async () => {
    const steps = [
      step({ step: 'CloseMinutes', elementsIn: 7, held: 4, late: 1, watermarkMs: NOW - 9_000, lagMs: 6_000 }),
      step({
        step: 'RollUp',
        elementsIn: 2,
        held: 3,
        droppedLate: 2,
        watermarkMs: NOW - 5_000,
        lagMs: 1_000,
      }),
      // Bounded, and at its end.
      step({ step: 'History', watermarkMs: Number.POSITIVE_INFINITY }),
    ];
    expect(await told(graphOf(steps, NOW - 30_000, 11))).toMatchObject({
      cst_graph_running: 1,
      cst_graph_watermark_lag_seconds: 9,
      cst_graph_input_age_seconds: 3,
      cst_graph_last_publish_age_seconds: 30,
      cst_graph_backlog_messages: 11,
      cst_graph_held_elements: 7,
      cst_graph_late_total: 1,
      cst_graph_dropped_total: 2,
      'cst_graph_step_elements_total CloseMinutes': 7,
    });
  });

  it('tells nothing that it does not know: it warms, or its bus cannot count', async () => {
    expect(graphHealth(graphOf([]), NOW, false)).toMatchObject({ state: 'warming', watermarkMs: null });
    const known = Object.keys(await told(graphOf([])));
    expect(known).toContain('cst_graph_running');
    for (const unknown of ['watermark_lag_seconds', 'input_age_seconds', 'backlog_messages']) {
      expect(known).not.toContain(`cst_graph_${unknown}`);
    }
  });
});
