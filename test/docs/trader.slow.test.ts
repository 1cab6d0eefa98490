import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { ROOT } from './shell.ts';
import { walk } from './walk.ts';

/** What the alert that the document shows has in common with any other. */
const ALWAYS = [
  'Entry',
  'TP',
  'SL',
  'Trend',
  'Confidence',
  'Exhaustion:',
  'exhaustion checks',
  'Valid until',
];

it('shows an alert as it is', () => {
  const shown = /```text\n(.*?)```/s.exec(readFileSync(join(ROOT, 'docs/TRADER.md'), 'utf8'))?.[1] ?? '';
  expect(ALWAYS.filter((word) => !shown.includes(word))).toEqual([]);
});

it('docs/TRADER.md leads to an alert with its chart on Telegram', async () => {
  const { code, output, seen } = await walk('docs/TRADER.md');
  expect(code, output).toBe(0);
  const alert = seen.map(({ html }) => html).find((html) => html.includes('SCALP')) ?? '';
  for (const word of ALWAYS) expect([word, alert]).toEqual([word, expect.stringContaining(word)]);
  expect(seen.some(({ png }) => png !== null)).toBe(true);
  expect(output).not.toContain(TOKEN);
});
