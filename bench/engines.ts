/** The same input on every engine, by `cst replay` as a user runs it: how long it takes, and what it takes to run. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findEngine } from '../pipelines/runners/portable/engines/catalog.ts';
import { simulatedDay, writeDay } from '../test/engines/simulated-day.ts';
import type { Benchmark, Row } from './benchmark.ts';
import { measureNode } from './single-node.ts';

const CST = resolve(import.meta.dirname, '../cli/main.ts');
const HOUR_MS = 3_600_000;
const HOURS = 2;
const SAMPLE_MS = 200;
const RUNNERS = ['embedded', 'prism', 'flink'] as const;
type Runner = (typeof RUNNERS)[number];

async function measure(runner: Runner, hours: number): Promise<Row | null> {
  if (runner !== 'embedded' && !findEngine(runner, process.env)) return null;
  const folder = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  try {
    const files = writeDay(simulatedDay({ seed: 1, lengthMs: hours * HOUR_MS }), folder);
    const words = [
      ...files,
      '--venue',
      'bybit',
      '--revisions',
      'last',
      '--runner',
      runner,
      '--out',
      join(folder, 'out'),
      '--json',
    ];
    const { text, peakMb, cpuS } = await watched(['replay', ...words]);
    const { trades, features, elapsedMs, outputSha256 } = JSON.parse(text.trim().split('\n').at(-1) ?? '');
    return {
      'symbol-minutes': features.toLocaleString('en-US'),
      elapsed: `${(elapsedMs / 1e3).toFixed(1)} s`,
      'trades/s': Math.round((trades / elapsedMs) * 1e3).toLocaleString('en-US'),
      'ms/symbol-minute': (elapsedMs / features).toFixed(2),
      'CPU time': `${cpuS.toFixed(0)} s`,
      'peak RSS, all processes': `${peakMb} MB`,
      output: outputSha256.slice(0, 8),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Watched {
  readonly text: string;
  readonly peakMb: number;
  /** CPU time of all processes, as far as samples saw it. */
  readonly cpuS: number;
}

function watched(args: readonly string[]): Promise<Watched> {
  const child = spawn(process.execPath, [CST, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  let peakMb = 0;
  const cpu = new Map<number, number>();
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const sampling = setInterval(() => {
    const family = descendants(child.pid!);
    for (const { pid, cpuS } of family) cpu.set(pid, cpuS);
    peakMb = Math.max(peakMb, Math.round(family.reduce((sum, { rssMb }) => sum + rssMb, 0)));
  }, SAMPLE_MS);
  return new Promise<Watched>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => {
      const cpuS = [...cpu.values()].reduce((sum, s) => sum + s, 0);
      if (code === 0) done({ text, peakMb, cpuS });
      else fail(new Error(`cst ${args.join(' ')} ended with exit code ${code}.`));
    });
  }).finally(() => clearInterval(sampling));
}

interface Sample {
  readonly pid: number;
  readonly parent: number;
  readonly rssMb: number;
  readonly cpuS: number;
}

/** A process and all that it started; of those that live, by Linux's /proc, else none. */
function descendants(root: number): Sample[] {
  const all = pids().flatMap((pid) => sampleOf(pid) ?? []);
  const found: Sample[] = all.filter(({ pid }) => pid === root);
  for (const one of found) found.push(...all.filter(({ parent }) => parent === one.pid));
  return found;
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Fields of proc(5) `stat`, counted behind the name: 1 parent, 11 and 12 ticks of CPU, 21 pages of memory. */
function sampleOf(pid: number): Sample | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [parent, user, system, pages] = [1, 11, 12, 21].map((at) => Number(fields[at]));
    return { pid, parent: parent!, cpuS: (user! + system!) / 100, rssMb: (pages! * 4096) / 2 ** 20 };
  } catch {
    return null;
  }
}

const ABOUT: Record<Runner, string> = {
  embedded: 'embedded, one process',
  prism: 'Prism, engine and worker',
  flink: 'Flink, engine and worker',
};

export const engines: Benchmark = {
  name: 'engines',
  about:
    'Two hours of the simulated bad day of `test/engines/` (three symbols; late rows, copies, silence) by `cst replay --runner --revisions last`, by its own clock: reading, the whole graph, sorting, writing, on the engines also their start (2 s for Flink). CPU and memory are those of all processes: command, engine, worker. Equal output is equal to the byte. Where rows are late, Flink is given bundles of one element. Last: one node between the topics of Google’s in-memory Pub/Sub, an hour of two symbols at sixty times its pace, from the publication that closes a minute to a reader that looks every 50 ms having its bars.',
  cases: [
    ...RUNNERS.map((runner) => ({ name: ABOUT[runner], run: () => measure(runner, HOURS) })),
    { name: 'one node on Pub/Sub (pstest), at 60×', run: () => measureNode(60) },
  ],
};
