/** What is no file of ours, where one is asked for: a line that says what is wrong, and the exit code for it. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { errorLine } from './errors.ts';
import { programOf, withSettings } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'bad-input-'));
const at = (name: string) => join(folder, name);
mkdirSync(at('folder'));
symlinkSync('loop', at('loop'));
symlinkSync('/dev/zero', at('endless.csv'));
writeFileSync(at('other.csv'), 'time\u001b[31m,price\n1,2\n');

const GRID = '--grid signals.srExhaustion.minChecks=2,3';

it.each<[string, RegExp]>([
  ['cost --config /dev/zero', /^Error: Cannot read .* \/dev\/zero: expected at most 16 MB .* \(code 4\)$/],
  [`backtest A=${at('other.csv')} --params /dev/zero --out out`, /at most 16 MB/],
  ['twin --faults /dev/zero', /at most 16 MB/],
  [`tune A=a ${GRID} --grid-file /dev/zero --out out`, /at most 16 MB/],
  ['backtest A=/dev/zero --out out', /^Error: Expected a file ending in \.parquet/],
  [`backtest A=${at('endless.csv')} --out out`, /^Error: Expected rows in .* the file is empty/],
  [`backtest A=${at('folder')}.csv --out out`, /^Error: Cannot read .*ENOENT/],
  ['report /dev/null', /^Error: Expected a backtest in \/dev\/null, got no report\.json.* \(code 2\)$/],
  [`report ${at('loop')}`, /got no report\.json.* \(code 2\)$/],
  // Node's own way of making folders would go on there for ever.
  [
    'backfill A=a.csv --to duckdb:/proc/none/h.duckdb',
    /^Error: Expected the place of history to be a folder/,
  ],
  [`tune A=${at('other.csv')} ${GRID} --out /proc/none`, /^Error: Expected --out to be a folder/],
  [`backtest A=${at('other.csv')} --out /proc/none`, /^Error: Expected --out to be a folder/],
  ['help nothing', /^Error: Expected a command, got "nothing"\..* \(code 4\)$/],
  ['help config shw', /^Error: Expected a command, got "config shw"\. Did you mean "show"\? \(code 4\)$/],
  ['start --dir ', /^Error: Expected --dir as a path, got nothing\. \(code 4\)$/],
  [`tune A=${at('other.csv')} ${GRID} --out ${at('tuned')}`, /^Error: Expected a column .* \(code 4\)$/],
])('cst %s', async (line, message) => {
  const program = withSettings(programOf());
  const thrown: unknown = await program.parseAsync(line.split(' '), { from: 'user' }).catch((error) => error);
  expect(errorLine(thrown)).toMatch(message);
  // A terminal would obey it.
  expect(errorLine(thrown)).not.toContain('\u001b');
});
