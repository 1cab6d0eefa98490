/** Each document that promises a way from zero is followed, command by command. */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../connectors/clock/system.ts';
import { startExchangeTwin } from '../../connectors/exchanges/simulated/twin-server.ts';
import { BotApi, TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { follow } from './reader.ts';
import { shellOf } from './shell.ts';

const CHAT = '123456789';

let twin: Awaited<ReturnType<typeof startExchangeTwin>>;
let telegram: BotApi;
beforeAll(async () => {
  twin = await startExchangeTwin({ seed: 7, clock: systemClock });
  telegram = await new BotApi().start();
});
afterAll(async () => {
  await telegram.stop();
  await twin.close();
});

/** @param before Commands of what the document takes for granted. */
async function walk(path: string, before = '') {
  const folder = mkdtempSync(join(tmpdir(), 'walk-'));
  const around = { folder, twin: twin.httpUrl, telegram: telegram.url, typed: TOKEN };
  return { folder, ...(await follow([{ how: 'runs', text: before }, ...shellOf(path)], around)) };
}

it('README.md leads to signals, charts and a figure', async () => {
  const { code, output } = await walk('README.md');
  expect(code, output).toBe(0);
  console.log(/first candle.*first signal.*first chart.*/.exec(output)?.[0]);
});

it('docs/TRADER.md leads to an alert with its chart on Telegram', async () => {
  const { code, output } = await walk('docs/TRADER.md');
  expect(code, output).toBe(0);
  const seen = telegram.seen(CHAT);
  expect(seen.map(({ html }) => html)).toContainEqual(expect.stringMatching(/(LONG|SHORT)/));
  expect(seen.some(({ png }) => png !== null)).toBe(true);
  expect(output).not.toContain(TOKEN);
});

it('docs/QUANT.md leads to a backtest, its page, and what not to believe of it', async () => {
  const { code, output, folder } = await walk('docs/QUANT.md');
  expect(code, output).toBe(0);
  expect(output).toContain('none of 2 checks found a look ahead');
  expect(existsSync(join(folder, 'first/report.html'))).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, 'first/report.json'), 'utf8'))).toHaveProperty('assumptions');
});

it('docs/ENGINEER.md leads to relay, graph and metrics', async () => {
  const { code, output, folder } = await walk('docs/ENGINEER.md');
  expect(code, output).toBe(0);
  expect(output).toMatch(/^cst_\w+/m);
  expect(readdirSync(folder)).toContain('frames');
});

it.each([
  ['docs/COST.md', ''],
  ['bq/README.md', 'npx cst backfill --pairs BTCUSDT --timerange 20250525-20250526'],
])('%s shows commands that run', async (path, before) => {
  const { code, output } = await walk(path, before);
  expect(code, output).toBe(0);
});
