import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { exitCodeOf } from './errors.ts';
import { programOf, withSettings } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'exit-codes-'));
const file = (name: string, text = '') => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const gone = join(folder, 'gone');
const out = ['--out', join(folder, 'out')];

afterEach(() => void vi.restoreAllMocks());

it.each<[number, string, string[]]>([
  [0, 'asked for help', ['start', '--help']],
  [0, 'asked for its queries', ['sql', '--list']],
  [2, 'a history', ['sql', 'refusals', '--history', gone]],
  [2, 'a history', ['export', '--history', gone, ...out]],
  [2, 'a history', ['parity', '--dir', gone, '--frames', gone]],
  [2, 'a journal', ['replay', '--frames', gone, ...out]],
  [2, 'a report', ['report', gone]],
  [2, 'a log', ['logs', '--dir', gone]],
  [2, 'traces', ['trace', '--dir', gone]],
  [2, 'a query', ['sql', 'nothing']],
  [3, 'a stack that runs', ['status', '--dir', gone]],
  [4, 'a verb', ['nothing']],
  [4, 'a flag', ['start', '--nothing']],
  [4, 'a number', ['start', '--speed', 'x']],
  [4, 'a choice', ['logs', '--level', 'warn']],
  [4, 'settings', ['start', '--config', gone]],
  [4, 'parameters', ['start', '--params', gone]],
  [4, 'a file of trades', ['replay', `A=${gone}.csv`, '--venue', 'bybit', ...out]],
  [4, 'a file of bars', ['backtest', `A=${gone}.csv`, '--venue', 'bybit', ...out]],
  [4, 'faults', ['twin', '--faults', gone]],
  [4, 'a shell', ['completion', 'ksh']],
  [4, 'an engine', ['engine', 'install', 'nothing']],
  [4, 'a project', ['looker', '--project', '-']],
  [4, 'parameters that can be read', ['replay', '--params', file('p.json', '{'), `A=${gone}.csv`, ...out]],
])('ends with %i where there is not what was named: %s', async (code, _, words) => {
  const writes = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockReturnValue(true),
  );
  const thrown: unknown = await withSettings(programOf())
    .parseAsync(words, { from: 'user' })
    .then(() => undefined)
    .catch((error: unknown) => error);
  for (const write of writes) write.mockRestore();
  expect(thrown === undefined ? 0 : exitCodeOf(thrown)).toBe(code);
});
