/** For tests: the exchange twin with an account on it, over HTTP on loopback, in time that moves when told to. */

import type { Clock } from '../../clock/port.ts';
import { RequestClock } from '../../exchanges/rest-client.fixture.ts';
import type { Account } from '../../exchanges/simulated/bybit/private/account.ts';
import {
  BybitAccounts,
  type BybitAccountsOptions,
} from '../../exchanges/simulated/bybit/private/accounts.ts';
import { type RunningTwin, startExchangeTwin } from '../../exchanges/simulated/twin-server.ts';
import { BrokerKeys, brokerConfig } from '../config.ts';
import { TIMEOUT_MS } from './api.ts';
import { type BybitBroker, bybitBroker } from './broker.ts';

export interface BrokerTwinOptions extends Partial<BybitAccountsOptions> {
  readonly startMs?: number;
  /** How often the exchange looks at its market. Unit: market ms. */
  readonly stepMs?: number;
}

export interface BrokerTwin {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  /** Market time. Requests that wait for it (limits, retries) need `during`. */
  readonly clock: RequestClock;
  readonly twin: RunningTwin;
  /** Where faults are asked for. */
  readonly accounts: BybitAccounts;
  /** What is true. */
  readonly account: Account;
  /** A client of the account, with another key, or a clock that is wrong by so much. */
  broker(of?: { readonly key?: string; readonly secret?: string; readonly skewMs?: number }): BybitBroker;
  /** The market goes on. */
  pass(ms: number): Promise<void>;
  /** The market goes on while the work waits for time, but not while a request is under way. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Price of the last trade. */
  last(symbol: string): number;
  close(): Promise<void>;
}

export const KEY = 'twinKey1234567890';
export const SECRET = 'twinSecret1234567890abcdefghijkl';
const START = Date.UTC(2026, 2, 1, 12);

export async function startBrokerTwin(options: BrokerTwinOptions = {}): Promise<BrokerTwin> {
  const { startMs = START, stepMs = 1_000, keys = [{ key: KEY, secret: SECRET }], ...others } = options;
  const clock = new RequestClock(startMs, TIMEOUT_MS);
  const accounts = new BybitAccounts({ keys, perSecond: 1_000, ...others });
  const twin = await startExchangeTwin({
    seed: 1,
    clock,
    stepMs,
    accounts,
    symbols: { kraken: ['BTC/USDT'] },
  });
  const url = twin.httpUrl;
  const [first] = keys;
  return {
    url,
    key: KEY,
    secret: SECRET,
    clock,
    twin,
    accounts,
    account: accounts.account(first!.key),
    broker: ({ key = KEY, secret = SECRET, skewMs = 0 } = {}) => {
      const config = brokerConfig({ enabled: true, network: 'twin', twinUrl: url });
      return bybitBroker({ config, keys: new BrokerKeys(key, secret), clock: skewed(clock, skewMs) });
    },
    pass: async (ms) => {
      await clock.advanceTo(clock.now() + ms);
      twin.twins.bybit.advanceTo(clock.now());
    },
    during: (work) => clock.during(work),
    last: (symbol) => {
      const listing = twin.market.of(symbol);
      return Number((listing.lastTicks(clock.now()) * listing.instrument.tick).toFixed(8));
    },
    close: () => twin.close(),
  };
}

function skewed(clock: Clock, skewMs: number): Clock {
  return { now: () => clock.now() + skewMs, until: (ms, signal) => clock.until(ms - skewMs, signal) };
}
