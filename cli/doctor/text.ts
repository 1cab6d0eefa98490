/** Findings as lines for people. */
import { styleText } from 'node:util';
import { wrap } from '../wrap.ts';
import type { Finding } from './finding.ts';

const MARKS = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  stop: ['✗', 'red'],
} as const satisfies Record<Finding['level'], readonly [string, string]>;

const NAME = 9;
/** Of mark and name. */
const INDENT = 2 + NAME + 1;
const LABEL = 5;
const NARROWEST = 40;

/** @param columns Of the terminal; a pipe has none, and its lines stay whole. */
export function findingText(finding: Finding, columns = Number.POSITIVE_INFINITY): string {
  const { check, level, what, why, remedy } = finding;
  const [mark, colour] = MARKS[level];
  // Without colour where NO_COLOR is set, or the output is no terminal.
  const head = `${styleText(colour, mark, { stream: process.stdout })} ${check.padEnd(NAME)} `;
  const width = Math.max(NARROWEST, columns) - INDENT;
  const lines = wrap(what, width).join(`\n${' '.repeat(INDENT)}`);
  return [`${head}${lines}`, ...labelled('why:', why, width), ...labelled('do:', remedy, width)].join('\n');
}

function labelled(label: string, text: string | null, width: number): string[] {
  if (text === null) return [];
  const lines = wrap(text, width - LABEL);
  return lines.map((line, i) => `${' '.repeat(INDENT)}${(i === 0 ? label : '').padEnd(LABEL)}${line}`);
}

export function sumText(findings: readonly Finding[], isOnline: boolean): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const hint = isOnline ? '' : ' Exchange, accounts and cloud were not asked: cst doctor --online.';
  return `${count('stop')} to mend, ${count('warning')} to know.${hint}`;
}
