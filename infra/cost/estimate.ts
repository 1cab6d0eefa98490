/** The monthly bill of a stack, before it is made: its settings, the load, prices. Pure. */
import type { Config } from '../pulumi/config.ts';
import { GRAPH } from '../pulumi/names.ts';
import { servicesOf } from '../pulumi/services.ts';
import { type Bill, billOf } from './bill.ts';
import { type Load, loadOf, trafficOf } from './traffic.ts';
import { historyUses, keptUses, stateUses } from './uses/data.ts';
import { dataflowUses, eyesUses, networkUses, timerUses } from './uses/other.ts';
import { pubSubUses } from './uses/pubsub.ts';
import { runUses } from './uses/run.ts';

export interface EstimateOptions {
  readonly config: Config;
  /** Default: what the settings ask for. */
  readonly load?: Load;
  /** How long the stack has run: what is kept has grown so long. Unit: days. */
  readonly ageDays: number;
}

export function estimate({ config, load = loadOf(config), ageDays }: EstimateOptions): Bill {
  const services = servicesOf(config).filter(({ name }) => config.runGraph || name !== GRAPH);
  const traffic = trafficOf(config, load);
  return billOf([
    ...pubSubUses(config, services, traffic),
    ...runUses(services, traffic),
    ...historyUses(config, traffic, ageDays),
    ...stateUses(config, load, ageDays),
    ...keptUses(config, services),
    ...dataflowUses(config, traffic),
    ...timerUses(config, services, traffic),
    ...networkUses(config, services),
    ...eyesUses(config, services, load),
  ]);
}

/** What no estimate of settings can know. */
export const NOT_COUNTED = [
  'taxes, discounts, committed use, support',
  'Pub/Sub’s retries, and its storage of what nobody reads for more than a day',
  'more nodes or workers than the fewest: their bounds are in the settings',
  'alert rules, of which Google announced to bill each with $0.10',
  'vulnerability scans of images, builds, and what Looker Studio reads',
  'fees of exchanges',
] as const;
