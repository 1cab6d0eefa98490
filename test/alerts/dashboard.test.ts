import { describe, expect, it } from 'vitest';
import { SECTIONS } from '../../infra/monitoring/dashboards.ts';
import { cloudDashboard, grafanaDashboard } from '../../infra/monitoring/draw.ts';
import { type MetricName, metricOf } from '../../schemas/metrics.ts';
import { asked, groupedBy } from './promql.ts';

interface Tile {
  readonly xPos: number;
  readonly yPos: number;
  readonly width: number;
  readonly height: number;
}

const panels = SECTIONS.flatMap((section) => section.panels);

describe.each(panels.map((panel) => [panel.title, panel] as const))(
  'the panel "%s"',
  (_, { lines, unit }) => {
    it('asks metrics that there are, and names its lines by labels that it keeps', () => {
      for (const { promql, legend } of lines) {
        const metrics = asked(promql).map(({ metric }) => metric as MetricName);
        expect(metrics.length).toBeGreaterThan(0);
        const labels = metrics.flatMap((metric) => metricOf(metric).labels);
        expect([...labels, 'le']).toEqual(expect.arrayContaining(groupedBy(promql)));
        const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
        expect(groupedBy(promql).filter((label) => label !== 'le')).toEqual(named);
      }
    });

    it('has the unit of what it asks', () => {
      const isOf = (word: string) =>
        lines.some(({ promql }) => new RegExp(`_${word}(_bucket)?\\b`).test(promql));
      if (unit === 's') expect(isOf('seconds')).toBe(true);
      if (unit === 'bytes') expect(isOf('bytes')).toBe(true);
      if (unit === 'share') expect(isOf('ratio')).toBe(true);
    });
  },
);

describe('the dashboard', () => {
  it('lays no tile over another, and none beyond the columns of Cloud Monitoring', () => {
    const { mosaicLayout } = cloudDashboard() as { mosaicLayout: { columns: number; tiles: Tile[] } };
    expect(mosaicLayout.tiles).toHaveLength(panels.length + SECTIONS.length);
    const taken = new Set<string>();
    for (const { xPos, yPos, width, height } of mosaicLayout.tiles) {
      expect(xPos + width).toBeLessThanOrEqual(mosaicLayout.columns);
      for (let x = xPos; x < xPos + width; x++) {
        for (let y = yPos; y < yPos + height; y++) {
          expect(taken.has(`${x},${y}`)).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  it('is the same in Grafana, with a number for each panel', () => {
    const grafana = grafanaDashboard() as { panels: { id: number; type: string; title: string }[] };
    expect(grafana.panels.map(({ id }) => id)).toEqual(grafana.panels.map((_, i) => i + 1));
    const drawn = grafana.panels.filter(({ type }) => type === 'timeseries').map(({ title }) => title);
    expect(drawn).toEqual(panels.map(({ title }) => title));
  });
});
