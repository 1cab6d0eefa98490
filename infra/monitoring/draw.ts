/** The dashboard as Cloud Monitoring and as Grafana take it: the same panels on the same grid. */
import { type Panel, SECTIONS } from './dashboards.ts';

const TITLE = 'Crypto Signal Tracker';
const BESIDE = 3;

interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** A heading across all columns, or a panel. */
  readonly shows: string | Panel;
}

/** @param height Of headings and of panels. */
function tiles(columns: number, height: { readonly heading: number; readonly panel: number }): Tile[] {
  const width = columns / BESIDE;
  let y = 0;
  return SECTIONS.flatMap(({ title, panels }) => {
    const heading = { x: 0, y, width: columns, height: height.heading, shows: title };
    y += height.heading;
    const below = panels.map((shows, i) => ({
      x: (i % BESIDE) * width,
      y: y + Math.floor(i / BESIDE) * height.panel,
      width,
      height: height.panel,
      shows,
    }));
    y += Math.ceil(panels.length / BESIDE) * height.panel;
    return [heading, ...below];
  });
}

/** UCUM, as Cloud Monitoring wants units. */
const UCUM: Readonly<Record<Panel['unit'], string>> = {
  s: 's',
  bytes: 'By',
  share: '10^2.%',
  count: '1',
  'per second': '1/s',
  quote: '1',
};

/** Body of a dashboard of Cloud Monitoring. */
export function cloudDashboard(): object {
  return {
    displayName: TITLE,
    mosaicLayout: {
      columns: 48,
      tiles: tiles(48, { heading: 4, panel: 16 }).map(({ x, y, width, height, shows }) => ({
        xPos: x,
        yPos: y,
        width,
        height,
        widget: typeof shows === 'string' ? { title: shows, sectionHeader: {} } : cloudChart(shows),
      })),
    },
  };
}

function cloudChart({ title, unit, lines }: Panel): object {
  const dataSets = lines.map(({ promql, legend }) => ({
    plotType: 'LINE',
    legendTemplate: legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => `\${metric.labels.${label}}`),
    timeSeriesQuery: { prometheusQuery: promql, unitOverride: UCUM[unit] },
  }));
  return { title, xyChart: { dataSets, yAxis: { scale: 'LINEAR' } } };
}

const GRAFANA_UNIT: Readonly<Record<Panel['unit'], string>> = {
  s: 's',
  bytes: 'bytes',
  share: 'percentunit',
  count: 'short',
  'per second': 'ops',
  quote: 'short',
};

/** Model of a dashboard of Grafana: it asks for the Prometheus to read. */
export function grafanaDashboard(): object {
  const datasource = { type: 'prometheus', uid: `\${source}` };
  return {
    title: TITLE,
    uid: 'crypto-signal-tracker',
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: [{ name: 'source', type: 'datasource', query: 'prometheus' }] },
    panels: tiles(24, { heading: 1, panel: 8 }).map(({ x, y, width: w, height: h, shows }, i) => {
      const common = { id: i + 1, gridPos: { x, y, w, h } };
      if (typeof shows === 'string')
        return { ...common, type: 'row', title: shows, collapsed: false, panels: [] };
      const targets = shows.lines.map(({ promql: expr, legend: legendFormat }, k) => ({
        refId: String.fromCharCode(65 + k),
        datasource,
        expr,
        legendFormat,
      }));
      const fieldConfig = { defaults: { unit: GRAFANA_UNIT[shows.unit] }, overrides: [] };
      return { ...common, type: 'timeseries', title: shows.title, datasource, targets, fieldConfig };
    }),
  };
}
