import { type BrokerUnderTest, testBrokerContract } from '../contract.ts';
import { startBrokerTwin } from './twin.fixture.ts';

const symbol = 'LTCUSDT';

testBrokerContract('Bybit on the twin', async (): Promise<BrokerUnderTest> => {
  const twin = await startBrokerTwin();
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
});
