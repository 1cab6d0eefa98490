/** The account that settings and environment name: play money unless said twice, keys from the environment alone. */
import type { Clock } from '../clock/port.ts';
import type { Environment } from '../environment.ts';
import { bybitBroker } from './bybit/broker.ts';
import { brokerConfig, brokerKeys, hostOf } from './config.ts';
import type { Broker } from './port.ts';

export interface OpenBrokerOptions {
  /** As they were written. */
  readonly settings: unknown;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Told what a person should know of the keys. */
  readonly notice: (line: string) => void;
}

/** @throws ConfigError where orders may not leave; UpstreamError where the exchange does not answer. */
export async function openBroker({
  settings,
  environment,
  clock,
  notice,
}: OpenBrokerOptions): Promise<Broker> {
  const config = brokerConfig(settings);
  // Whether orders may leave is said before keys are asked for.
  hostOf(config);
  const keys = brokerKeys(environment);
  const broker = bybitBroker({ config, keys, clock });
  for (const warning of await broker.check()) notice(warning);
  return broker;
}
