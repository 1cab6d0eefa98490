/** An estimate as people read it. */
import { type Bill, type Line, sumOf } from '../../infra/cost/bill.ts';
import { estimate, NOT_COUNTED } from '../../infra/cost/estimate.ts';
import { PRICED_REGIONS, pricesRead } from '../../infra/cost/prices.ts';
import { MEASURED } from '../../infra/cost/rates.ts';
import { graphReads, type Load, NODE_TAKES } from '../../infra/cost/traffic.ts';
import type { WhatIf } from '../../infra/cost/what-if.ts';
import type { Config } from '../../infra/pulumi/config.ts';
import { amount } from '../figures.ts';

export interface Told {
  readonly config: Config;
  readonly load: Load;
  readonly ageDays: number;
  readonly bill: Bill;
  /** Lines below it are added up. Unit: $ a month. */
  readonly least: number;
}

/** The region of which every price is in the table. */
const [FULLY_PRICED] = PRICED_REGIONS;

const GROWTH = {
  idle: 'paid in a silent market, too',
  symbols: 'with symbols and trades',
  time: 'with each month that is kept',
} as const satisfies Record<Line['grows'], string>;

export function textOf(told: Told, whatIfs: readonly WhatIf[]): string {
  const { bill } = told;
  const total = ['', 'total, a month', '', '', amount(bill.usdPerMonth)];
  return [
    headOf(told),
    '',
    ...columns([['resource', 'what', 'quantity', 'price', '$'], ...rowsOf(told), total]),
    '',
    ...growthOf(bill),
    '',
    'what if',
    ...columns(whatIfs.map(({ what, usdPerMonth }) => [`  ${what}`, amount(usdPerMonth)])),
    '',
    ...notesOf(told),
    '',
  ].join('\n');
}

/** Both tiers, resource by resource. */
export function comparisonOf(told: readonly Told[]): string {
  const names = [...new Set(told.flatMap(({ bill }) => bill.lines.map(nameOf)))];
  const of = ({ bill }: Told, name: string) => sumOf(bill.lines.filter((line) => nameOf(line) === name));
  const isShown = (name: string) => told.some((each) => of(each, name) >= each.least);
  const row = (name: string, value: (one: Told) => number) => [
    name,
    ...told.map((one) => amount(value(one))),
  ];
  const others = names.filter((name) => !isShown(name));
  return [
    ...told.map(headOf),
    '',
    ...columns(
      [
        ['$ a month', ...told.map(({ config }) => config.tier)],
        ...names.filter(isShown).map((name) => row(name, (one) => of(one, name))),
        row(`${others.length} others`, (one) => others.reduce((sum, name) => sum + of(one, name), 0)),
        row('free each month', ({ bill }) => -sumOf(bill.free)),
        row('total', ({ bill }) => bill.usdPerMonth),
        ...(told.some(({ bill }) => bill.lines.some(isElsewhere))
          ? [row(`total, were it in ${FULLY_PRICED}`, inFullyPriced)]
          : []),
      ],
      1,
    ),
    '',
    ...notesOf(told.find(({ config }) => config.tier === 'single-node') ?? told[0]!),
    '',
  ].join('\n');
}

/** What has the price of another region there would make the tiers differ by regions. */
function inFullyPriced({ config, load, ageDays }: Told): number {
  const relays = config.relays.map((relay) =>
    relay.region === config.region ? { ...relay, region: FULLY_PRICED } : relay,
  );
  return estimate({ config: { ...config, relays, region: FULLY_PRICED }, load, ageDays }).usdPerMonth;
}

/** A resource and what it is billed by, an asterisk where the price is another region's. */
const nameOf = (line: Line) =>
  `${line.sku.split(/,| to | throughput/)[0]} · ${line.resource}${isElsewhere(line) ? '*' : ''}`;

function headOf({ config, load, ageDays }: Told): string {
  const { stage, tier, region } = config;
  return `${stage}: ${tier} in ${region}, ${load.symbols} symbols of ${load.tradesPerSecond} trades a second, after ${ageDays} days`;
}

function rowsOf({ bill, least }: Told): string[][] {
  const shown = bill.lines.filter(({ usdPerMonth }) => usdPerMonth >= least);
  const others = bill.lines.slice(shown.length);
  return [
    ...shown.map((line) => [
      ...[line.resource, line.sku, `${quantityText(line.quantity)} ${line.unit}`],
      ...[`${line.usd}${isElsewhere(line) ? '*' : ''}`, amount(line.usdPerMonth)],
    ]),
    ...(others.length > 0
      ? [[`${others.length} others`, `each below ${amount(least)}`, '', '', amount(sumOf(others))]]
      : []),
    ['free each month', `of ${bill.free.length} kinds`, '', '', amount(-sumOf(bill.free))],
  ];
}

function growthOf({ lines }: Bill): string[] {
  const of = (grows: Line['grows']) => sumOf(lines.filter((line) => line.grows === grows));
  const kinds = Object.entries(GROWTH) as [Line['grows'], string][];
  return columns([
    ['grows', '', '$ before what is free'],
    ...kinds.map(([grows, about]) => [`  ${grows}`, about, amount(of(grows))]),
  ]);
}

/** Four figures: no rate is known better. */
function quantityText(quantity: number): string {
  return quantity.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

const isElsewhere = ({ pricedIn, region }: Line) => pricedIn !== null && pricedIn !== region;

function notesOf({ config, load, bill: { lines } }: Told): string[] {
  const reads = Math.round(graphReads(config, load));
  const isTooMuch = config.tier === 'single-node' && reads > NODE_TAKES;
  const [first, last] = pricesRead();
  const elsewhere = lines.find(isElsewhere);
  return [
    ...(elsewhere
      ? [`* price of ${elsewhere.pricedIn}: that of ${elsewhere.region} is not in the table.`]
      : []),
    ...(isTooMuch
      ? [
          `The graph would read ${reads} messages a second, of which one node takes some ${NODE_TAKES}: take tier dataflow.`,
        ]
      : []),
    `List prices in US dollars, read from ${first} to ${last}; rates of real data, measured on ${MEASURED}.`,
    `Not counted: ${NOT_COUNTED.join('; ')}.`,
  ];
}

/** @param left So many columns begin at the left, the others end at the right; default all but the last. */
function columns(rows: readonly (readonly string[])[], left = rows[0]!.length - 1): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}
