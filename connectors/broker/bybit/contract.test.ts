import { type BrokerUnderTest, testBrokerContract } from '../contract.ts';
import { type BrokerTwinOptions, startBrokerTwin } from './twin.fixture.ts';

const symbol = 'LTCUSDT';

const TWINS = { 'the twin': {}, 'a twin that forgets names of orders': { forgetsNames: true } };

for (const [name, options] of Object.entries(TWINS)) {
  testBrokerContract(`Bybit on ${name}`, () => underTest(options));
}

async function underTest(options: BrokerTwinOptions): Promise<BrokerUnderTest> {
  const twin = await startBrokerTwin(options);
  return {
    broker: twin.broker(),
    prefix: 'c',
    symbol,
    size: 3,
    price: async () => twin.last(symbol),
    now: () => twin.clock.now(),
    pass: twin.pass,
    dispose: twin.close,
  };
}
