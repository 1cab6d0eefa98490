import { expect, it } from 'vitest';
import { TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { walk } from './walk.ts';

it('docs/TRADER.md leads to an alert with its chart on Telegram', async () => {
  const { code, output, seen } = await walk('docs/TRADER.md');
  expect(code, output).toBe(0);
  expect(seen.map(({ html }) => html)).toContainEqual(expect.stringMatching(/(LONG|SHORT)/));
  expect(seen.some(({ png }) => png !== null)).toBe(true);
  expect(output).not.toContain(TOKEN);
});
