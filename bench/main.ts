/** `npm run bench`: each case in a process of its own, a table for each benchmark, `--write` for bench/RESULTS.md. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../connectors/clock/system.ts';
import { BENCHMARKS } from './all.ts';
import type { Benchmark, Row } from './benchmark.ts';

/** Their cases run in processes that they start: this one's memory says nothing. */
const OTHER_PROCESSES = ['replay', 'engines', 'backtest'];
const LOOK_MS = 3_000;
const RESULTS = join(import.meta.dirname, 'RESULTS.md');
/** What stands between these is written here; what stands around them, by people. */
const [BEGIN, END] = ['<!-- measured: begin -->', '<!-- measured: end -->'];

const HELP = `npm run bench -- [name…] [--write]

  ${BENCHMARKS.map(({ name, cases }) => `${name.padEnd(9)} ${cases.length} cases`).join('\n  ')}

Without a name: all of them, one after the other, in a quarter of an hour.
--write    puts the tables, machine, date and commit into bench/RESULTS.md
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean' }, write: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stranger = positionals.find((name) => !BENCHMARKS.some((b) => b.name === name));
  if (stranger !== undefined) {
    process.stderr.write(`Error: Expected the name of a benchmark, got "${stranger}".\n\n${HELP}`);
    return 4;
  }
  const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const sections: string[] = [];
  for (const benchmark of chosen) {
    const busy = await busyCores();
    sections.push(`${await sectionOf(benchmark)}\n${provenance(busy)}`);
  }
  if (values.write) write(sections);
  return 0;
}

async function sectionOf(benchmark: Benchmark): Promise<string> {
  const { name, about, cases } = benchmark;
  process.stdout.write(`\n${name}: ${about}\n\n`);
  const rows: Row[] = [];
  for (const [index, { name: label, goal }] of cases.entries()) {
    process.stderr.write(`  ${label} …\n`);
    const { row, peakMb } = resultOf(await runCase(name, index));
    if (row)
      rows.push({
        case: label,
        ...row,
        ...(OTHER_PROCESSES.includes(name) ? {} : { 'peak RSS': `${peakMb} MB` }),
        ...(goal && { goal }),
      });
    else
      process.stderr.write(
        '    skipped: its data or its engine is missing (CST_REAL_DATA, cst engine, Go)\n',
      );
  }
  const table = tableOf(rows);
  process.stdout.write(`${table}\n`);
  return `## ${name}\n\n${about}\n\n${table}\n`;
}

/** The last line; a library may print lines of its own before it. */
function resultOf(text: string): { row: Row | null; peakMb: number } {
  return JSON.parse(text.trim().split('\n').at(-1) ?? '');
}

function runCase(...words: readonly (string | number)[]): Promise<string> {
  const args = words.map(String);
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'case.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('error', fail);
    child.on('close', (code) =>
      code === 0 ? done(text) : fail(new Error(`${args.join(' ')} ended with exit code ${code}.`)),
    );
  });
}

/** A Markdown table that reads well as it is. */
function tableOf(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const widths = columns.map((name) =>
    Math.max(...[name, ...rows.map((row) => row[name] ?? '')].map((s) => s.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => `${'-'.repeat(width + 1)}${i === 0 ? '-' : ':'}`).join('|')}|`;
  return [line(columns), rule, ...rows.map((row) => line(columns.map((name) => row[name] ?? '')))].join('\n');
}

/** Sections that were not measured this time stay as they were. */
function write(sections: readonly string[]): void {
  const text = readFileSync(RESULTS, 'utf8');
  const [before = '', rest = ''] = text.split(BEGIN);
  const [measured = '', after = ''] = rest.split(END);
  const kept = new Map(
    measured
      .split(/^(?=## )/m)
      .slice(1)
      .map((section) => [titleOf(section), section.trimEnd()]),
  );
  for (const section of sections) kept.set(titleOf(section), section);
  const all = BENCHMARKS.flatMap(({ name }) => kept.get(`## ${name}`) ?? []);
  writeFileSync(RESULTS, `${before}${BEGIN}\n${all.join('\n\n')}\n${END}${after}`);
}

function titleOf(section: string): string {
  return section.slice(0, section.indexOf('\n'));
}

/** What others do with the machine, while we do nothing. */
async function busyCores(): Promise<number> {
  const idleMs = () => cpus().reduce((sum, { times }) => sum + times.idle, 0);
  const [idleBefore, before] = [idleMs(), performance.now()];
  await systemClock.until(systemClock.now() + LOOK_MS);
  return Math.max(0, cpus().length - (idleMs() - idleBefore) / (performance.now() - before));
}

function provenance(busy: number): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const changes =
    git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' and uncommitted changes';
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${gigabytes} GB, ${platform()} ${arch()}, Node ${process.version}; others kept ${busy.toFixed(1)} cores busy`;
  const day = new Date(systemClock.now()).toISOString().slice(0, 10);
  return `_${day}, commit ${git('rev-parse', '--short', 'HEAD')}${changes}; ${machine}._`;
}

process.exitCode = await main();
