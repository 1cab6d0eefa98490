import { expect, it, onTestFinished } from 'vitest';
import { startBrokerTwin } from '../connectors/broker/bybit/twin.fixture.ts';
import { localAccount } from './local-account.ts';
import { StackConfig } from './stack-config.ts';

const desk = { books: [{ book: 'paper' }, { book: 'real', execution: 'broker' }] };
const open = (settings: object, isLive = true, environment = {}) => {
  const notices: string[] = [];
  const notice = (line: string) => void notices.push(line);
  return localAccount({ config: StackConfig.parse(settings), isLive, environment, notice });
};

it('opens none where no book wants one, whatever is set', async () => {
  expect(await open({})).toBeNull();
  expect(await open({ broker: { enabled: true } }, false)).toBeNull();
});

it.each([
  ['of a simulated market', { desk, broker: { enabled: true } }, false, '--live'],
  ['that is off', { desk }, true, 'Real orders are off'],
  ['with keys among its settings', { desk, broker: { enabled: true, apiKey: 'x' } }, true, 'are no settings'],
  ['without keys', { desk, broker: { enabled: true } }, true, 'CST_BYBIT_KEY'],
  ['of real money said once', { desk, broker: { enabled: true, network: 'mainnet' } }, true, 'two settings'],
])('refuses an account %s', async (_, settings, isLive, why) => {
  await expect(open(settings, isLive)).rejects.toThrow(why);
});

it('opens the one whose keys are in the environment', async () => {
  const twin = await startBrokerTwin();
  onTestFinished(() => twin.close());
  const broker = { enabled: true, network: 'twin', twinUrl: twin.url };
  const keys = { CST_BYBIT_KEY: twin.key, CST_BYBIT_SECRET: twin.secret };
  const account = await open({ desk, broker }, true, keys);
  expect(account?.name).toBe('bybit-twin');
  expect(await account?.positions()).toEqual([]);
});
