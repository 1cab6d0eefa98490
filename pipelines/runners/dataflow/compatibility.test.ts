import '../../../transforms/sdk.beam.ts';
import { Pipeline } from 'apache-beam/proto/beam_runner_api';
import type { Root } from 'apache-beam/pvalue';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS, SignalParams } from '../../../schemas/params.ts';
import { groupInto, type Keyed, register, step } from '../../../transforms/beam.ts';
import { windowsOf } from '../../../transforms/windows.ts';
import { compileSignals } from '../../compile.ts';
import { pipelineOf } from '../../pipeline-of.ts';
import { readPubSub, writePubSub } from '../../pubsub-io.ts';
import type { SignalOptions } from '../../signals.ts';
import { compareGraphs } from './compatibility.ts';
import { inDocker } from './environment.ts';
import { reportOf } from './finding.ts';

const OPTIONS: SignalOptions = {
  project: 'p',
  params: DEFAULT_PARAMS,
  leadVenue: 'bybit',
  emitAfterMs: 1,
  history: [],
};
const signals = (changed: Partial<SignalOptions> = {}) => compileSignals({ ...OPTIONS, ...changed });

function* keyed(bytes: Uint8Array): Iterable<Keyed<number>> {
  yield { key: 'k', ts: 0, value: bytes.length };
}
function* counted(): Iterable<Uint8Array> {
  yield new Uint8Array();
}
register('pipelines/runners/dataflow/compatibility.test', { keyed, counted });

interface Small {
  readonly group?: string;
  readonly isGrouped?: boolean;
  readonly minutes?: '1m' | '5m';
  readonly topics?: readonly string[];
  readonly subscription?: string;
}
/** Read → Key → (group) → Count → Publish, with what differs. */
function small({
  group = 'GroupIntoMinute',
  isGrouped = true,
  minutes = '1m',
  topics = ['a'],
  subscription = 's',
}: Small) {
  return pipelineOf((root: Root) => {
    const read = root
      .apply(readPubSub('Read', { project: 'p', subscription }))
      .apply(step('KeyElements', keyed));
    const window = windowsOf(DEFAULT_PARAMS).bar(minutes);
    const grouped = isGrouped ? read.apply(groupInto<number>(group, window)) : read;
    const messages = grouped.apply(step('CountElements', counted));
    for (const topic of topics) messages.apply(writePubSub(`Publish ${topic}`, { project: 'p', topic }));
  });
}

/** The same graph with the step's name (and those beneath it) changed. */
function renamed(graph: Pipeline, from: string, to: string): Pipeline {
  const copy = Pipeline.clone(graph);
  for (const transform of Object.values(copy.components!.transforms)) {
    if (transform.uniqueName === from || transform.uniqueName.startsWith(`${from}/`)) {
      transform.uniqueName = to + transform.uniqueName.slice(from.length);
    }
  }
  return copy;
}

const verdicts = (findings: ReturnType<typeof compareGraphs>) =>
  findings.map(({ verdict, step: name }) => `${verdict}: ${name}`);

describe('a graph and the one that shall replace it', () => {
  it('are the same where nothing changed, whatever their ids', () => {
    expect(compareGraphs(signals(), signals())).toEqual([]);
    const another = Pipeline.clone(signals());
    another.components!.coders = Object.fromEntries(Object.entries(another.components!.coders).reverse());
    expect(compareGraphs(signals(), another)).toEqual([]);
    expect(reportOf([])).toMatch('the graphs are the same');
  });

  it('are compatible where parameters changed that no window knows', () => {
    const risk = { expiresAfterMs: DEFAULT_PARAMS.risk.expiresAfterMs + 60_000 };
    const params = SignalParams.parse({ risk });
    const findings = compareGraphs(signals(), signals({ params, emitAfterMs: 2 }));
    expect(new Set(findings.map(({ verdict }) => verdict))).toEqual(new Set(['safe']));
    expect(findings.map(({ step: name }) => name)).toContain('DecideSignals');
  });

  it('need a mapping for each step that has another name', () => {
    const running = signals();
    const next = renamed(running, 'GroupIntoFill', 'GroupIntoGaps');
    const parts = ['Stamp', 'Key', 'Window', 'Group'];
    const findings = compareGraphs(running, next);
    expect(verdicts(findings)).toEqual(parts.map((part) => `needs mapping: GroupIntoFill/${part}`));
    expect(findings[3]!.remedy).toBe('Add --map "GroupIntoFill/Group=GroupIntoGaps/Group".');
    const mapping = Object.fromEntries(
      parts.map((part) => [`GroupIntoFill/${part}`, `GroupIntoGaps/${part}`]),
    );
    expect(compareGraphs(running, next, mapping)).toEqual([]);
  });

  it.each([
    [{ Nowhere: 'CountElements' }, 'names a step the running job lacks'],
    [{ CountElements: 'Nowhere' }, 'leads to "Nowhere", which is no step'],
    [{ CountElements: 'KeyElements' }, 'which the running job has itself'],
  ])('do not take the mapping %j', (mapping, what) => {
    const [first] = compareGraphs(small({}), small({}), mapping as unknown as Record<string, string>);
    expect(first).toMatchObject({ verdict: 'incompatible' });
    expect(first!.what).toMatch(what);
  });

  it('do not fit where a window changed', () => {
    const findings = compareGraphs(small({}), small({ minutes: '5m' }));
    expect(verdicts(findings)).toEqual([
      'incompatible: GroupIntoMinute/Window',
      // The window's function holds its length, too.
      'safe: GroupIntoMinute/Window',
    ]);
    expect(findings[0]!.what).toBe('is windowed otherwise: sizeMs 60000 → 300000');
    expect(findings[0]!.remedy).toMatch('--drain');
  });

  it('do not fit where an encoding changed', () => {
    const next = Pipeline.clone(small({}));
    const group = Object.values(next.components!.transforms).find((t) => t.uniqueName.endsWith('/Group'))!;
    const output = next.components!.pcollections[Object.values(group.outputs)[0]!]!;
    output.coderId = Object.keys(next.components!.coders).find(
      (id) => next.components!.coders[id]!.spec!.urn === 'beam:coder:bytes:v1',
    )!;
    const [first] = compareGraphs(small({}), next);
    expect(first).toMatchObject({ verdict: 'incompatible', step: 'GroupIntoMinute/Group' });
    expect(first!.what).toBe('is encoded otherwise: kv<string_utf8,iterable<genericobjectjs>> → bytes');
  });

  it('fit where an output was added or taken away', () => {
    expect(verdicts(compareGraphs(small({}), small({ topics: ['a', 'b'] })))).toEqual(['safe: Publish b']);
    expect(verdicts(compareGraphs(small({ topics: ['a', 'b'] }), small({})))).toEqual(['safe: Publish b']);
  });

  it('do not fit where a group was taken away, and begin anew where one was added', () => {
    const removed = compareGraphs(small({}), small({ isGrouped: false }));
    expect(removed.filter(({ verdict }) => verdict === 'incompatible')).toEqual([
      expect.objectContaining({
        step: 'GroupIntoMinute/Group',
        what: 'is gone, and with it the windows it holds',
      }),
      expect.objectContaining({ step: 'CountElements' }),
    ]);
    const added = compareGraphs(small({ isGrouped: false }), small({}));
    expect(added).toContainEqual(
      expect.objectContaining({
        verdict: 'safe',
        step: 'GroupIntoMinute/Group',
        what: 'is new and begins with empty windows',
      }),
    );
  });

  it('do not fit where another subscription is read', () => {
    expect(verdicts(compareGraphs(small({}), small({ subscription: 't' })))).toEqual(['incompatible: Read']);
  });

  it('do not fit where a step became one of another kind', () => {
    const next = Pipeline.clone(small({}));
    const publish = Object.values(next.components!.transforms).find((t) => t.uniqueName === 'Publish a')!;
    publish.spec!.urn = 'beam:transform:pardo:v1';
    expect(verdicts(compareGraphs(small({}), next))).toEqual(['incompatible: Publish a']);
  });

  it('may run in different images', () => {
    const findings = compareGraphs(inDocker(small({}), 'h/a:1'), inDocker(small({}), 'h/a:2'));
    expect(findings).toEqual([
      expect.objectContaining({ verdict: 'safe', what: "the workers' image changes: h/a:1 → h/a:2" }),
    ]);
  });

  it('keep their history out of it: an update does not read it again', () => {
    const candle = {
      venue: 'bybit',
      symbol: 'BTCUSDT',
      interval: '1m',
      openTime: 0,
      open: 1,
      high: 1,
      low: 1,
      close: 1,
    };
    const rest = {
      volume: 1,
      turnover: 1,
      buyVolume: null,
      trades: null,
      vwap: 1,
      coverage: 1,
      filled: false,
      complete: true,
      revision: 1,
    };
    const history = [{ id: 'x', ...candle, ...rest }] as unknown as SignalOptions['history'];
    const findings = compareGraphs(signals({ history }), signals());
    expect(verdicts(findings)).toEqual(['safe: ReadHistory/Blocks/flatMap(ExtractElements)']);
  });
});
