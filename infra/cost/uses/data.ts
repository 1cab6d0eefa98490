/** What is kept: history in BigQuery, state in Bigtable, images, secrets, the lease. */
import { queries } from '../../../bq/catalog.ts';
import { statementOfQuery } from '../../../bq/compose.ts';
import { INTERVAL_MS, INTERVALS } from '../../../schemas/primitives.ts';
import { TABLE_NAMES, TABLES, type TableName } from '../../../schemas/tables.ts';
import type { Config } from '../../pulumi/config.ts';
import { CHECKED_DAYS, KEPT_VERSIONS } from '../../pulumi/names.ts';
import type { Service } from '../../pulumi/service.ts';
import { DAYS, GIB, HOURS, SECONDS, type Use } from '../bill.ts';
import { ASSUMED, RATES } from '../rates.ts';
import type { Flow, Load, Traffic } from '../traffic.ts';

/** BigQuery's long-term price begins so many days after a partition's last change. */
const LONG_TERM_DAYS = 90;
/** A row of state: key, cells and their times, before Bigtable compresses it. */
const STATE_BYTES = 600;
/** schemas/state.ts keeps so many bars of each interval. */
const BARS_KEPT = 2_000;

/** One table of a stack that has run for a while. */
interface Kept {
  readonly table: TableName;
  readonly flow: Flow;
  /** Null: for ever. */
  readonly keepDays: number | null;
  readonly gibPerDay: number;
  /** Of which there is something. */
  readonly days: number;
}

/** Of a stack that has run for so many days. */
export function historyUses(config: Config, traffic: Traffic, ageDays: number): Use[] {
  const kept = TABLE_NAMES.filter((table) => table !== 'ticks' || config.tickHistory).map((table) =>
    keptOf(table, config, traffic, ageDays),
  );
  const about = { sku: 'BigQuery queries', region: config.region } as const;
  return [
    ...kept.flatMap((table) => tableUses(table, config)),
    {
      ...about,
      resource: 'queries of people',
      grows: 'idle',
      quantity: ASSUMED.queriesTiB,
      why: 'assumed: views and backtests, on demand',
    },
    {
      ...about,
      resource: 'daily checks',
      grows: 'time',
      quantity: checkedTiB(kept),
      why: 'bq/tests read their tables each day, trades of three days; as if all columns were read',
    },
  ];
}

function keptOf(table: TableName, config: Config, traffic: Traffic, ageDays: number): Kept {
  const flow = traffic[TABLES[table].topic];
  const keepDays = config.keepDays[table] === undefined ? TABLES[table].keepDays : config.keepDays[table];
  const gibPerDay = (flow.rowsPerDay * flow.rowBytes) / GIB;
  return { table, flow, keepDays, gibPerDay, days: Math.min(keepDays ?? ageDays, ageDays) };
}

function tableUses({ table, flow, keepDays, gibPerDay, days }: Kept, { region }: Config): Use[] {
  const grows = keepDays === null ? 'time' : 'symbols';
  const about = { resource: `table ${table}`, region, grows } as const;
  const rows = `${Math.round(flow.rowsPerDay).toLocaleString('en-US')} rows a day of ${Math.round(flow.rowBytes)} bytes`;
  const why = `${rows}, kept ${keepDays === null ? 'for ever' : `${keepDays} days`}`;
  const [young, old] = [Math.min(days, LONG_TERM_DAYS), Math.max(0, days - LONG_TERM_DAYS)];
  return [
    { ...about, sku: 'BigQuery storage', quantity: gibPerDay * young, why },
    { ...about, sku: 'BigQuery storage, long-term', quantity: gibPerDay * old, why },
  ];
}

/** What the daily checks of a month read. */
function checkedTiB(kept: readonly Kept[]): number {
  const checks = queries()
    .filter(({ layer }) => layer === 'tests')
    .map((query) => statementOfQuery(query).sql);
  const gib = checks.flatMap((sql) =>
    kept
      .filter(({ table }) => new RegExp(`\\b(FROM|JOIN)\\s+${table}\\b`, 'i').test(sql))
      .map(({ table, gibPerDay, days }) => gibPerDay * Math.min(days, CHECKED_DAYS[table] ?? days)),
  );
  return (DAYS * gib.reduce((sum, each) => sum + each, 0)) / 1_024;
}

export function stateUses({ region, stateNodes }: Config, { symbols }: Load, ageDays: number): Use[] {
  const about = { resource: 'state', region } as const;
  const bars = INTERVALS.map((interval) =>
    Math.min(BARS_KEPT, (ageDays * 86_400_000) / INTERVAL_MS[interval]),
  );
  const rows = symbols * bars.reduce((sum, count) => sum + count, 30 * RATES['position-events'].perDay);
  return [
    {
      ...about,
      sku: 'Bigtable node',
      grows: 'idle',
      quantity: stateNodes.min * HOURS,
      why: `${stateNodes.min} of at most ${stateNodes.max}: billed for every hour, used or not`,
    },
    {
      ...about,
      sku: 'Bigtable storage, SSD',
      grows: 'symbols',
      quantity: (rows * STATE_BYTES) / GIB,
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
      sku: 'Artifact Registry',
      resource: 'images',
      region,
      grows: 'idle',
      quantity: images * KEPT_VERSIONS * ASSUMED.imageGiB,
      why: `${KEPT_VERSIONS} kept of each of ${images}; assumed: of ${ASSUMED.imageGiB} GiB`,
    },
    {
      sku: 'Secret Manager',
      resource: 'secrets',
      region,
      grows: 'idle',
      quantity: secrets,
      why: 'a version of each',
    },
    {
      sku: 'Cloud Storage writes',
      resource: 'leases of relays',
      region,
      grows: 'idle',
      quantity: (relays * SECONDS) / ASSUMED.leaseSeconds / 1_000,
      why: `renewed each ${ASSUMED.leaseSeconds} s`,
    },
  ];
}
