import { it } from 'vitest';
import { TESTNET_KEYS } from '../../../test/testnet.ts';
import { systemClock } from '../../clock/system.ts';
import { BybitRest } from '../../exchanges/bybit/rest.ts';
import { BrokerKeys, brokerConfig, hostOf } from '../config.ts';
import { type BrokerUnderTest, testBrokerContract } from '../contract.ts';
import type { Broker } from '../port.ts';
import { bybitBroker } from './broker.ts';

const symbol = 'BTCUSDT';
const clock = systemClock;

if (TESTNET_KEYS) {
  const { key, secret } = TESTNET_KEYS;
  testBrokerContract('Bybit’s testnet', async () => underTest(key, secret));
} else {
  it('trades on Bybit’s testnet', (context) => {
    context.skip('needs CST_BYBIT_TESTNET_KEY and CST_BYBIT_TESTNET_SECRET of an account with play money');
  });
}

async function underTest(key: string, secret: string): Promise<BrokerUnderTest> {
  const config = brokerConfig({ enabled: true });
  const broker = bybitBroker({ config, keys: new BrokerKeys(key, secret), clock });
  const rest = new BybitRest({ baseUrl: hostOf(config), clock });
  const prefix = `t${clock.now()}`;
  await broker.check();
  await leaveNothing(broker, prefix);
  return {
    broker,
    prefix,
    symbol,
    size: 0.002,
    price: async () => {
      const [fromMs, toMs] = [clock.now() - 180_000, clock.now()];
      const bars = await rest.klines({ symbol, interval: '1m', fromMs, toMs });
      return bars.at(-1)!.close;
    },
    now: () => clock.now(),
    pass: (ms) => clock.until(clock.now() + ms),
    dispose: () => leaveNothing(broker, `${prefix}-end`),
  };
}

async function leaveNothing(broker: Broker, name: string): Promise<void> {
  for (const { clientId } of await broker.openOrders()) await broker.cancel(symbol, clientId);
  for (const { side, size } of (await broker.positions()).filter((each) => each.symbol === symbol)) {
    await broker.closeAtMarket({ clientId: `${name}-${side}`, symbol, side, size });
  }
}
