import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { walk } from './walk.ts';

it('docs/QUANT.md leads to a backtest, its page, and what not to believe of it; bq/README.md asks its history', async () => {
  const { code, output, folder } = await walk('docs/QUANT.md');
  expect(code, output).toBe(0);
  expect(output).toContain('none of 2 checks found a look ahead');
  expect(existsSync(join(folder, 'first/report.html'))).toBe(true);
  expect(JSON.parse(readFileSync(join(folder, 'first/report.json'), 'utf8'))).toHaveProperty('assumptions');
  const asked = await walk('bq/README.md', folder);
  expect(asked.code, asked.output).toBe(0);
});
