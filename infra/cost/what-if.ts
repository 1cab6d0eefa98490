/** How the bill changes with what may change. Pure. */
import { TIERS } from '../pulumi/config.ts';
import { type EstimateOptions, estimate } from './estimate.ts';
import { loadOf } from './traffic.ts';

export interface WhatIf {
  readonly what: string;
  readonly usdPerMonth: number;
}

/** One thing at a time. */
export function whatIfs({ config, ageDays, load = loadOf(config) }: EstimateOptions): WhatIf[] {
  const { symbols, tradesPerSecond } = load;
  const of = (what: string, changes: Partial<EstimateOptions>): WhatIf => ({
    what,
    usdPerMonth: estimate({ config, load, ageDays, ...changes }).usdPerMonth,
  });
  const tier = TIERS.find((each) => each !== config.tier)!;
  const tickHistory = !config.tickHistory;
  return [
    of(`${2 * symbols} symbols`, { load: { symbols: 2 * symbols, tradesPerSecond } }),
    of(`${10 * symbols} symbols`, { load: { symbols: 10 * symbols, tradesPerSecond } }),
    of(`${10 * tradesPerSecond} trades a second of a symbol`, {
      load: { symbols, tradesPerSecond: 10 * tradesPerSecond },
    }),
    of(`after ${2 * ageDays} days`, { ageDays: 2 * ageDays }),
    of(tickHistory ? 'with each trade in history' : 'without trades in history', {
      config: { ...config, tickHistory },
    }),
    of(`tier ${tier}`, { config: { ...config, tier } }),
  ];
}
