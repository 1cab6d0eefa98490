/** What `cst cost` does: a stack's settings, its load, the bill. Nobody is asked. */
import { estimate } from '../../infra/cost/estimate.ts';
import { pricesRead } from '../../infra/cost/prices.ts';
import { loadOf } from '../../infra/cost/traffic.ts';
import { whatIfs } from '../../infra/cost/what-if.ts';
import { type Config, TIERS } from '../../infra/pulumi/config.ts';
import { readStack, stackFileOf } from './stack-file.ts';
import { comparisonOf, type Told, textOf } from './text.ts';

export interface CostFlags {
  readonly stack: string;
  readonly config?: string;
  readonly tier?: Config['tier'];
  readonly region?: string;
  readonly symbols?: number;
  /** Trades a second of a symbol. */
  readonly ticks?: number;
  /** Unit: days. */
  readonly age: number;
  readonly compare?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** @throws ConfigError naming the flag, the file or the setting. */
export function runCost(flags: CostFlags): void {
  process.stdout.write(costOf(flags));
}

export function costOf(flags: CostFlags): string {
  const config = readStack(flags.config ?? stackFileOf(flags.stack), {
    ...(flags.tier !== undefined && { tier: flags.tier }),
    ...(flags.region !== undefined && { region: flags.region }),
  });
  const told = (flags.compare ? TIERS : [config.tier]).map((tier) => toldOf({ ...config, tier }, flags));
  if (flags.json) return `${JSON.stringify(told.map(jsonOf), null, 2)}\n`;
  return flags.compare ? comparisonOf(told) : textOf(told[0]!, whatIfs(told[0]!));
}

function toldOf(config: Config, { symbols, ticks, age: ageDays, all }: CostFlags): Told {
  const own = loadOf(config);
  const load = {
    symbols: symbols ?? own.symbols,
    tradesPerSecond: ticks ?? own.tradesPerSecond,
  };
  return { config, load, ageDays, bill: estimate({ config, load, ageDays }), least: all ? 0 : 1 };
}

function jsonOf({ config, load, ageDays, bill }: Told): object {
  const { stage, tier, region } = config;
  return { stage, tier, region, ...load, ageDays, currency: 'USD', prices: pricesRead(), ...bill };
}
