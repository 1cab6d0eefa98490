import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { walk } from './walk.ts';

it('docs/ENGINEER.md leads to a relay that comes back, to graph and metrics', async () => {
  const { code, output, folder } = await walk('docs/ENGINEER.md');
  expect(code, output).toBe(0);
  const [, , second = ''] = output.split('cst relay ');
  expect(second).toMatch(/"Connected to .*closed the connection .*"Connected to /s);
  expect(output).toMatch(/^cst_\w+/m);
  expect(readdirSync(folder)).toContain('frames');
});
