/** The account on which a book of a live stack may live. */
import { openBroker } from '../connectors/broker/open.ts';
import type { Broker } from '../connectors/broker/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import type { Environment } from '../connectors/environment.ts';
import { ConfigError } from '../schemas/errors.ts';
import type { StackConfig } from './stack-config.ts';

export interface LocalAccountOptions {
  readonly config: StackConfig;
  readonly isLive: boolean;
  readonly environment: Environment;
  /** Told what a person should know of the keys. */
  readonly notice: (line: string) => void;
}

/** Null where no book wants one. @throws ConfigError where orders may not leave; UpstreamError where the exchange does not answer. */
export async function localAccount(options: LocalAccountOptions): Promise<Broker | null> {
  const { config, isLive, environment, notice } = options;
  const book = config.desk.books.find(({ execution }) => execution === 'broker');
  if (book === undefined) return null;
  if (!isLive) {
    throw new ConfigError(
      `Expected --live for the book ${book.book}, whose execution is "broker": its orders would meet another market than the simulated one.`,
    );
  }
  return openBroker({ settings: config.broker, environment, clock: systemClock, notice });
}
