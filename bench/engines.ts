/** The same input on every engine: how long it takes, what it takes to run, and how soon a minute's bars are out. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findEngine } from '../pipelines/runners/portable/engines/catalog.ts';
import { wantsGo } from '../test/pstest/pstest.ts';
import { type Benchmark, percentile, type Row } from './benchmark.ts';
import { secondsOfInput, sizeOf, UP } from './engine-input.ts';
import { type Backlog, measureBacklog, measureDelays, type Service } from './engine-pubsub.ts';
import { ProcessFamily } from './processes.ts';

const REPLAY = join(import.meta.dirname, 'engine-replay.ts');
/** Market seconds per second where delays are measured. */
const SPEED = 60;
type Runner = 'embedded' | 'prism' | 'flink';

const hasEngine = (name: 'prism' | 'flink') => findEngine(name, process.env) !== null;

async function replayed(runner: Runner): Promise<Row | null> {
  if (runner !== 'embedded' && !hasEngine(runner)) return null;
  const { tookMs, ...backlog } = await replay(runner);
  if (runner !== 'embedded') return cells(backlog);
  const closes = tookMs.filter(([closeMs]) => closeMs > UP).map(([, ms]) => ms);
  return {
    ...cells(backlog),
    ...delayCells(
      closes.sort((a, b) => a - b),
      1,
    ),
  };
}

/** Of a process that has all of its input in memory when it begins. */
async function replay(runner: Runner): Promise<Backlog & { readonly tookMs: [number, number][] }> {
  const child = spawn(process.execPath, [REPLAY, runner], { stdio: ['ignore', 'pipe', 'inherit'] });
  const family = new ProcessFamily(child.pid!);
  let begunMs = Number.NaN;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'begin') {
        family.mark();
        begunMs = performance.now();
      } else if (line.startsWith('{')) {
        return { ...JSON.parse(line), elapsedMs: performance.now() - begunMs, ...family.stop() };
      }
    }
  } finally {
    family.stop();
  }
  throw new Error(`Expected a result of ${runner}, got its end.`);
}

async function served(service: Service): Promise<Row | null> {
  if (!wantsGo() || (service === 'flink' && !hasEngine('flink'))) return null;
  return { ...cells(await measureBacklog(service)), ...delayCells(await measureDelays(service, SPEED), 0) };
}

function cells({ elapsedMs, peakMb, cpuS, hash }: Backlog): Row {
  const { trades, symbolMinutes } = sizeOf(secondsOfInput());
  return {
    elapsed: `${(elapsedMs / 1e3).toFixed(1)} s`,
    'trades/s': Math.round((trades / elapsedMs) * 1e3).toLocaleString('en-US'),
    'ms/symbol-minute': (elapsedMs / symbolMinutes).toFixed(2),
    'CPU time': `${cpuS.toFixed(0)} s`,
    'peak RSS, all processes': `${peakMb} MB`,
    output: hash,
  };
}

function delayCells(sorted: readonly number[], digits: number): Row {
  const ms = (share: number) => `${percentile(sorted, share).toFixed(digits)} ms`;
  return { 'close to bars: p50': ms(0.5), p99: ms(0.99) };
}

export const engines: Benchmark = {
  name: 'engines',
  about:
    'The same messages for all, byte for byte: 157 minutes of two symbols of a simulated market as the relay publishes them, 46,661 trades in 17,259 batches of a second and a snapshot a second of each symbol, after 24 days of known candles. “Output” is a hash over the last revision of every record of two hours, and all signals. The first three have all of it in memory when the time begins, and end with all of the output in hand; engines and workers start meanwhile. The last two are processes that start with all of it on the topics of Google’s in-memory Pub/Sub (pstest), which hands each of their 24 streams a topic one message in 10 ms at most; time ends with a reader having the last row. CPU and memory are those of command, engine and workers, not of the server. “Close to bars”: embedded, from the second that makes a minute certain being handed to the graph to the bars of all symbols leaving it, in memory; on Pub/Sub, from the publication of that second, at sixty times the market’s pace, to a reader that looks every 10 ms having them. A replay on an engine gives its output at its end, and Prism cannot read Pub/Sub.',
  cases: [
    { name: 'embedded, one process', run: () => replayed('embedded') },
    { name: 'Prism, engine and worker, replay only', run: () => replayed('prism') },
    { name: 'Flink, engine and workers, replay', run: () => replayed('flink') },
    { name: 'one node on Pub/Sub (pstest)', run: () => served('node') },
    { name: 'Flink, live on Pub/Sub (pstest)', run: () => served('flink') },
  ],
};
