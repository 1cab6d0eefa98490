import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { FAULT_KINDS, type FaultKind, faultInfo } from './faults.ts';

const DOC = resolve(import.meta.dirname, '../../../../docs/TWIN.md');

const seconds = (ms: number) => `${ms / 1_000} s`;
const span = ([from, to]: readonly [number, number], text: (value: number) => string = String) =>
  from === to ? text(from) : `${text(from)} – ${text(to)}`;

/** The row of docs/TWIN.md; ranges are those of a chaos schedule. */
function row(kind: FaultKind): string {
  const { what, forMs, amount, statuses, isOfKraken } = faultInfo(kind);
  const more = [
    ...(isOfKraken ? ['Kraken only.'] : []),
    ...(statuses ? [`Status ${statuses.join(', ')}.`] : []),
  ];
  const weight = amount ? `${span(amount.range)} ${amount.unit}` : '';
  return `| \`${kind}\` | ${[what, ...more].join(' ')} | ${forMs ? span(forMs, seconds) : ''} | ${weight} |`;
}

it('docs/TWIN.md lists every fault as it is', () => {
  const rows = readFileSync(DOC, 'utf8')
    .split('\n')
    .filter((line) => /^\| `\w+` \| [A-Z]/.test(line));
  expect(rows).toEqual(FAULT_KINDS.map(row));
});
