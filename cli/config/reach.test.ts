/** The same trades give the same signals only if every verb that computes signals has the same parameters. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SignalParams } from '../../schemas/params.ts';
import { configured, kindOf, verbOf } from '../option-kinds.ts';
import { programOf, withSettings } from '../program.ts';
import { version } from '../version.ts';

/** Thrown where a verb hands parameters to what computes signals. */
class Handed extends Error {
  readonly params: SignalParams;

  constructor({ params }: { readonly params: SignalParams }) {
    super('handed over');
    this.params = params;
  }
}
const hand = vi.hoisted(() => ({ over: (_: { params: SignalParams }): never => expect.unreachable() }));
hand.over = (options) => {
  throw new Handed(options);
};

const world = vi.hoisted(() => ({ configFile: '' }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  /** That of the working directory, which a thread of tests cannot change. */
  const at = (path: unknown) => (path === 'cst.json' ? world.configFile : path) as string;
  return {
    ...fs,
    existsSync: (path: unknown) => fs.existsSync(at(path)),
    openSync: (path: unknown, flags: 'r') => fs.openSync(at(path), flags),
    readFileSync: (path: unknown, options: 'utf8') => fs.readFileSync(at(path), options),
  };
});
const journal = { venue: 'bybit', dir: '', runs: [{ header: { at: { market: 0 }, code: version() } }] };
vi.mock('../../connectors/journal/reader.ts', () => ({ openJournal: async () => journal }));
vi.mock('../history-place.ts', async (original) => ({
  ...(await original<typeof import('../history-place.ts')>()),
  openHistory: async () => ({ close: async () => {} }),
}));
vi.mock('../stack-recording.ts', () => ({ recordedWarmth: async () => [] }));
vi.mock('../local-stack.ts', () => ({
  LocalStack: { open: async (options: never) => hand.over(options) },
  removeStack: async () => {},
}));
vi.mock('../run-node.ts', () => ({ runNode: (options: never) => hand.over(options) }));
vi.mock('../run-flink.ts', () => ({ runOnFlink: (options: never) => hand.over(options) }));
vi.mock('../../pipelines/replay/replay.ts', () => ({ replay: (options: never) => hand.over(options) }));
vi.mock('../../pipelines/replay/frames-replay.ts', () => ({
  replayFrames: (options: never) => hand.over(options),
  streamFrames: (options: never) => hand.over(options),
}));
vi.mock('../backtest/backtest.ts', () => ({ backtest: (options: never) => hand.over(options) }));
vi.mock('../tune/trials.ts', () => ({
  tried: (_: unknown, { options }: { options: never }) => hand.over(options),
}));
vi.mock('../lookahead/records.ts', () => ({ knownRecords: (options: never) => hand.over(options) }));
vi.mock('../../pipelines/compile.ts', () => ({ compileSignals: (options: never) => hand.over(options) }));

const folder = mkdtempSync(join(tmpdir(), 'reach-'));
function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const BARS = `BTCUSDT=${file('bars.csv', 'open_time_ms,open,high,low,close,volume\n1748736000000,1,1,1,1,1\n')}`;
const out = ['--out', join(folder, 'out')];
const search = [BARS, '--grid', 'desk.rules.dailyCap=1,2', ...out];

/** A call of each; of one that computes signals in several ways, of each way. */
const CALLS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  start: [['--dir', folder, '--no-dashboard']],
  run: [
    ['--dir', folder, '--symbols', 'BTCUSDT', '--no-dashboard'],
    ['--bus', 'pubsub', '--project', 'my-project', '--symbols', 'BTCUSDT'],
    ['--bus', 'pubsub', '--project', 'my-project', '--symbols', 'BTCUSDT', '--runner', 'flink'],
  ],
  replay: [
    [BARS, '--interval', '1m', '--venue', 'bybit', ...out],
    ['--frames', folder, ...out],
  ],
  backtest: [[BARS, ...out]],
  'paper-plan': [[BARS, ...out]],
  tune: [search],
  'walk-forward': [[...search, '--timerange', '20250601-20250701']],
  'lookahead-check': [[BARS]],
  parity: [['--dir', 'duckdb:history.duckdb', '--frames', folder]],
  'deploy dataflow': [
    [
      ...[
        '--project',
        'my-project',
        '--region',
        'europe-west1',
        '--temp-location',
        'gs://my-bucket/dataflow',
      ],
      ...['--image', 'europe-west1-docker.pkg.dev/my-project/cst/worker:1.0', '--dry-run', ...out],
    ],
  ],
};

/** What the verb hands to what computes signals. */
async function handedBy(verb: string, words: readonly string[]): Promise<SignalParams> {
  try {
    await withSettings(programOf()).parseAsync([...verb.split(' '), ...words], { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof Handed) return thrown.params;
    throw thrown;
  }
  return expect.unreachable('nothing was handed over');
}

const risk = (takeProfit: number) => ({ risk: { takeProfit } });

/** Each is stronger than those before it. */
const SOURCES: readonly (readonly [string, number, () => readonly string[]])[] = [
  ['nothing', 0.005, () => []],
  [
    'cst.json',
    0.0061,
    () => {
      world.configFile = file('cst.json', { signals: risk(0.0061) });
      return [];
    },
  ],
  [
    'CST_PARAMS',
    0.0062,
    () => {
      vi.stubEnv('CST_PARAMS', JSON.stringify(risk(0.0062)));
      return [];
    },
  ],
  [
    'CST__SECTION__KEY',
    0.0063,
    () => {
      vi.stubEnv('CST__SIGNALS__RISK__TAKE_PROFIT', '0.0063');
      return [];
    },
  ],
  ['--params', 0.0064, () => ['--params', file('params.json', risk(0.0064))]],
];

afterEach(() => {
  vi.unstubAllEnvs();
  world.configFile = '';
});

it('is shown of every verb that takes parameters of signals', () => {
  const takes = (option: Parameters<typeof kindOf>[0]) => {
    const kind = kindOf(option);
    return kind.type === 'settings' && kind.section === 'signals';
  };
  const all = (command = programOf()): string[] =>
    command.commands.flatMap((each) => [...(each.options.some(takes) ? [verbOf(each)] : []), ...all(each)]);
  expect(Object.keys(CALLS).toSorted()).toEqual(all().toSorted());
  expect(configured(programOf()).map(verbOf)).toEqual(expect.arrayContaining(all()));
});

describe.each(Object.entries(CALLS).flatMap(([verb, calls]) => calls.map((words) => ({ verb, words }))))(
  'cst $verb $words',
  ({ verb, words }) => {
    it('takes a parameter from whatever is the strongest that gives it', async () => {
      const seen: [string, number][] = [];
      for (const [name, , give] of SOURCES) {
        const { risk: handed } = await handedBy(verb, [...words, ...give()]);
        seen.push([name, handed.takeProfit]);
      }
      expect(seen).toEqual(SOURCES.map(([name, takeProfit]) => [name, takeProfit]));
    });
  },
);
