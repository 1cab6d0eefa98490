/** What is kept: history in BigQuery, state in Bigtable, images, secrets, the lease. */
import { INTERVAL_MS, INTERVALS } from '../../../schemas/primitives.ts';
import { TABLE_NAMES, TABLES, type TableName } from '../../../schemas/tables.ts';
import type { Config } from '../../pulumi/config.ts';
import type { Service } from '../../pulumi/services.ts';
import { GIB, HOURS, SECONDS, type Use } from '../bill.ts';
import { ASSUMED, RATES } from '../rates.ts';
import type { Load, Traffic } from '../traffic.ts';

/** BigQuery's long-term price begins so many days after a partition's last change. */
const LONG_TERM_DAYS = 90;
/** A row of state: key, cells and their times, before Bigtable compresses it. */
const STATE_BYTES = 600;
/** schemas/state.ts keeps so many bars of each interval. */
const BARS_KEPT = 2_000;

/** Of a stack that has run for so many days. */
export function historyUses(config: Config, traffic: Traffic, ageDays: number): Use[] {
  return [
    ...TABLE_NAMES.flatMap((table) => tableUses(table, config, traffic, ageDays)),
    {
      ...{ sku: 'BigQuery queries', resource: 'queries', region: config.region, grows: 'symbols' },
      quantity: ASSUMED.queriesTiB,
      why: 'assumed: views and backtests, on demand',
    },
  ];
}

function tableUses(table: TableName, config: Config, traffic: Traffic, ageDays: number): Use[] {
  const { rowsPerDay, rowBytes } = traffic[TABLES[table].topic];
  const keepDays = config.keepDays[table] === undefined ? TABLES[table].keepDays : config.keepDays[table];
  if (table === 'ticks' && !config.tickHistory) return [];
  const days = Math.min(keepDays ?? ageDays, ageDays);
  const gibPerDay = (rowsPerDay * rowBytes) / GIB;
  const about = {
    resource: `table ${table}`,
    region: config.region,
    grows: keepDays === null ? 'time' : 'symbols',
  } as const;
  const why = `${Math.round(rowsPerDay).toLocaleString('en-US')} rows a day of ${Math.round(rowBytes)} bytes, kept ${keepDays === null ? 'for ever' : `${keepDays} days`}`;
  return [
    { ...about, sku: 'BigQuery storage', quantity: gibPerDay * Math.min(days, LONG_TERM_DAYS), why },
    {
      ...about,
      sku: 'BigQuery storage, long-term',
      quantity: gibPerDay * Math.max(0, days - LONG_TERM_DAYS),
      why,
    },
  ];
}

export function stateUses({ region, stateNodes }: Config, { symbols }: Load, ageDays: number): Use[] {
  const about = { resource: 'state', region } as const;
  const bars = INTERVALS.map((interval) =>
    Math.min(BARS_KEPT, (ageDays * 86_400_000) / INTERVAL_MS[interval]),
  );
  const rows = symbols * bars.reduce((sum, count) => sum + count, 30 * RATES['position-events'].perDay);
  return [
    {
      ...{ ...about, sku: 'Bigtable node', grows: 'idle', quantity: stateNodes.min * HOURS },
      why: `${stateNodes.min} of at most ${stateNodes.max}: billed for every hour, used or not`,
    },
    {
      ...{ ...about, sku: 'Bigtable storage, SSD', grows: 'symbols', quantity: (rows * STATE_BYTES) / GIB },
      why: `${BARS_KEPT} bars of each interval and symbol`,
    },
  ];
}

export function keptUses({ region }: Config, services: readonly Service[]): Use[] {
  const images = new Set(services.map(({ image }) => image)).size;
  const secrets = new Set(services.flatMap((service) => Object.values(service.secrets))).size;
  const relays = services.filter(({ isPair }) => isPair).length;
  return [
    {
      ...{ sku: 'Artifact Registry', resource: 'images', region, grows: 'idle' },
      quantity: images * ASSUMED.imagesKept * ASSUMED.imageGiB,
      why: `assumed: ${ASSUMED.imagesKept} kept of each of ${images}, of ${ASSUMED.imageGiB} GiB`,
    },
    {
      ...{ sku: 'Secret Manager', resource: 'secrets', region, grows: 'idle' },
      quantity: secrets,
      why: 'a version of each',
    },
    {
      ...{ sku: 'Cloud Storage writes', resource: 'leases of relays', region, grows: 'idle' },
      quantity: (relays * SECONDS) / ASSUMED.leaseSeconds / 1_000,
      why: `renewed each ${ASSUMED.leaseSeconds} s`,
    },
  ];
}
