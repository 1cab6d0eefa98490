import '../../../transforms/sdk.beam.ts';
import { PubSubReadPayload } from 'apache-beam/proto/beam_runner_api';
import { P, type PCollection } from 'apache-beam/pvalue';
import { directRunner } from 'apache-beam/runners/direct_runner';
import { sum } from 'apache-beam/transforms/combiners';
import { create } from 'apache-beam/transforms/create';
import { flatten } from 'apache-beam/transforms/flatten';
import { combinePerKey, impulse } from 'apache-beam/transforms/internal';
import { counter, split } from 'apache-beam/transforms/pardo';
import { withName } from 'apache-beam/transforms/transform';
import { windowInto } from 'apache-beam/transforms/window';
import { fixedWindows, globalWindows, slidingWindows } from 'apache-beam/transforms/windowings';
import { describe, expect, it, vi } from 'vitest';
import { groupInto, register, step } from '../../../transforms/beam.ts';
import { pipelineOf } from '../../pipeline-of.ts';
import { readPubSub, writePubSub } from '../../pubsub-io.ts';
import {
  contents,
  grouped,
  type KeyValue,
  keyed,
  read,
  type SeenPane,
  strategy,
  write,
} from './graph.fixture.ts';
import { EmbeddedRunner } from './runner.ts';
import { type ScriptedEdges, scriptedEdges } from './testing.ts';

const START = Date.UTC(2024, 0, 1);

function asKeyed({ key, value }: KeyValue) {
  return [{ key, ts: value, value }];
}
function takeGroup({ key, value }: { key: string; value: Iterable<unknown> }) {
  return [{ key, values: [...value].map(Number).sort((a, b) => a - b) }];
}
function history() {
  return [{ key: 'a', value: START + 1 }];
}
function parity({ value }: KeyValue) {
  return [value % 2 === 0 ? { even: value } : { odd: value }];
}
/** 5 has no key; the others have one made anew for each. */
function structured({ key, value }: KeyValue) {
  return { key: value === 5 ? null : { side: value % 2 === 0 ? 'even' : 'odd', of: key }, value };
}
function countBig(element: KeyValue, params: { readonly big: { increment(): void } }): KeyValue {
  if (element.value > 5) params.big.increment();
  return element;
}
function refuseSeven({ value }: KeyValue): number {
  if (value === 7) throw new Error('no sevens');
  return value;
}
register('pipelines/runners/embedded/runner.test', {
  asKeyed,
  takeGroup,
  history,
  parity,
  structured,
  countBig,
  refuseSeven,
});

async function run(proto: ReturnType<typeof pipelineOf>, edges: ScriptedEdges) {
  const handle = await new EmbeddedRunner({ edges }).start(proto);
  return handle.done;
}

const GROUPED = pipelineOf((root) => write(grouped(read(root), fixedWindows(1))));

describe('event time', () => {
  it('fires windows as the watermark passes their ends, and counts what each step saw', async () => {
    const edges = scriptedEdges({
      in: [
        { messages: [keyed('b', 1, 0), keyed('a', 2, 999), keyed('a', 3, 1000)], watermarkMs: 999 },
        { watermarkMs: 1000 },
        { messages: [keyed('a', 4, 500)], watermarkMs: 1500 },
      ],
    });
    const summary = await run(GROUPED, edges);
    expect(contents<SeenPane>(edges)).toEqual([
      { key: 'a', end: 1000, values: [2], timing: 'ON_TIME', index: 0, isLast: true },
      { key: 'b', end: 1000, values: [1], timing: 'ON_TIME', index: 0, isLast: true },
      { key: 'a', end: 2000, values: [3], timing: 'ON_TIME', index: 0, isLast: true },
    ]);
    const group = summary.steps.find(({ step }) => step === 'Group');
    expect(group).toMatchObject({ elementsIn: 4, elementsOut: 3, droppedLate: 1, late: 0, held: 0 });
  });

  it('is the smallest of all inputs of a step, and the end of one input frees the others', async () => {
    const proto = pipelineOf((root) =>
      write(grouped(flattened([read(root, 'a'), read(root, 'b')]), fixedWindows(1))),
    );
    const edges = scriptedEdges({
      a: [{ messages: [keyed('a', 1, 10)], watermarkMs: 5_000 }],
      b: [{ messages: [keyed('b', 2, 20)], watermarkMs: 999 }, { watermarkMs: 1_000 }],
    });
    const handle = await new EmbeddedRunner({ edges }).start(proto);
    const watermarkOf = (name: string) => handle.metrics().find(({ step }) => step === name)!.watermarkMs;
    expect(watermarkOf('Group')).toBe(Number.NEGATIVE_INFINITY);
    await handle.done;
    expect(contents<SeenPane>(edges).map(({ key }) => key)).toEqual(['a', 'b']);
    expect(watermarkOf('Group')).toBe(Number.POSITIVE_INFINITY);
  });

  it('tells how far a step is behind the newest message', async () => {
    const edges = scriptedEdges({
      in: [{ messages: [keyed('a', 1, 5_000)], watermarkMs: 3_000 }, new Promise(() => undefined)],
    });
    const handle = await new EmbeddedRunner({ edges }).start(GROUPED);
    await handle.drain();
    expect(handle.metrics().find(({ step }) => step === 'Group')).toMatchObject({
      watermarkMs: 3_000,
      lagMs: 2_000,
      held: 1,
    });
  });

  it('passes panes on before event time rises behind them', async () => {
    const proto = pipelineOf((root) => {
      const minute = { fn: fixedWindows(1), strategy: strategy({}) };
      const whole = { fn: fixedWindows(10), strategy: strategy({}) };
      const first = read(root)
        .apply(step('Keyed', asKeyed as never))
        .apply(groupInto('First', minute as never))
        .apply(step('Again', regroup as never)) as never as PCollection<never>;
      write(first.apply(groupInto('Second', whole as never)).apply(step('Take', takeGroup as never)));
    });
    const edges = scriptedEdges({
      in: [
        { messages: [keyed('a', 100, 0), keyed('a', 2_100, 0), keyed('a', 9_999, 0)], watermarkMs: 50 },
        { watermarkMs: 60_000 },
      ],
    });
    await run(proto, edges);
    expect(contents(edges)).toEqual([{ key: 'a', values: [100, 2_100, 9_999] }]);
  });
});

describe('late elements through the graph', () => {
  const turns = [
    { messages: [keyed('a', 1, 100)], watermarkMs: 1_000 },
    { messages: [keyed('a', 2, 200)], watermarkMs: 2_999 },
    { messages: [keyed('a', 3, 300)], watermarkMs: 3_000 },
    { messages: [keyed('a', 4, 400)] },
  ];

  it('fires again with everything, then drops and tells', async () => {
    const dropped: unknown[] = [];
    const accumulating = strategy({ latenessMs: 2_000 });
    const edges = scriptedEdges({ in: turns });
    const onDropped = (name: string, value: unknown) => dropped.push([name, value]);
    const proto = pipelineOf((root) => write(grouped(read(root), fixedWindows(1), accumulating)));
    const handle = await new EmbeddedRunner({ edges, onDropped }).start(proto);
    const { steps } = await handle.done;
    expect(contents<SeenPane>(edges).map(({ values, timing, index }) => [values, timing, index])).toEqual([
      [[1], 'ON_TIME', 0],
      [[1, 2], 'LATE', 1],
      [[1, 2, 3], 'LATE', 2],
    ]);
    expect(steps.find(({ step }) => step === 'Group')).toMatchObject({ late: 2, droppedLate: 1 });
    expect(dropped).toEqual([['Group', { key: 'a', value: 4 }]]);
  });

  it('fires a window once for all that came late for it in one bundle', async () => {
    const edges = scriptedEdges({
      in: [
        { messages: [keyed('a', 1, 100)], watermarkMs: 1_000 },
        { messages: [keyed('a', 2, 200), keyed('a', 3, 300), keyed('b', 4, 400)], watermarkMs: 5_000 },
      ],
    });
    const accumulating = strategy({ latenessMs: 2_000 });
    await run(
      pipelineOf((root) => write(grouped(read(root), fixedWindows(1), accumulating))),
      edges,
    );
    expect(contents<SeenPane>(edges).map(({ values, timing, index }) => [values, timing, index])).toEqual([
      [[1], 'ON_TIME', 0],
      [[1, 2, 3], 'LATE', 1],
      [[4], 'LATE', 0],
    ]);
  });

  it('fires again with the news where panes discard', async () => {
    const discarding = strategy({ latenessMs: 2_000, accumulates: false });
    const edges = scriptedEdges({ in: turns });
    await run(
      pipelineOf((root) => write(grouped(read(root), fixedWindows(1), discarding))),
      edges,
    );
    expect(contents<SeenPane>(edges).map(({ values }) => values)).toEqual([[1], [2], [3]]);
  });

  it('waits for the counted number of late elements', async () => {
    const pairs = strategy({ latenessMs: 2_000, lateCount: 2 });
    const edges = scriptedEdges({ in: turns });
    await run(
      pipelineOf((root) => write(grouped(read(root), fixedWindows(1), pairs))),
      edges,
    );
    expect(contents<SeenPane>(edges).map(({ values }) => values)).toEqual([[1], [1, 2, 3]]);
  });
});

describe('the parts of a graph', () => {
  it('runs a bounded input first and groups it with an unbounded one', async () => {
    const proto = pipelineOf((root) => {
      const known = root
        .apply(impulse())
        .flatMap(withName('History', history as never)) as never as PCollection<never>;
      const windowing = { fn: fixedWindows(60), strategy: strategy({}) };
      const inputs = [known, read(root)].map((input, i) =>
        (input as PCollection<KeyValue>).apply(step(`Keyed ${i}`, asKeyed as never)),
      );
      const groups = P(inputs).apply(groupInto('Minute', windowing as never)) as never as PCollection<never>;
      write(groups.apply(step('Take', takeGroup as never)));
    });
    const edges = scriptedEdges({
      in: [{ messages: [keyed('a', START + 2, START)], watermarkMs: START + 60_000 }],
    });
    await run(proto, edges);
    expect(contents(edges)).toEqual([{ key: 'a', values: [START + 1, START + 2] }]);
  });

  it('splits one collection into several outputs', async () => {
    const proto = pipelineOf((root) => {
      const sides = read(root)
        .apply(step('Parity', parity as never))
        .apply(withName('Split', split<{ even: number; odd: number }>(['even', 'odd'])));
      write(sides.even, 'even');
      write(sides.odd, 'odd');
    });
    const edges = scriptedEdges({ in: [{ messages: [1, 2, 3].map((n) => keyed('a', n, 0)) }] });
    await run(proto, edges);
    expect([contents(edges, 'even'), contents(edges, 'odd')]).toEqual([[2], [1, 3]]);
  });

  it.each([
    [
      'fixed',
      fixedWindows(1),
      [
        ['a', 3],
        ['b', 4],
        ['a', 5],
      ],
    ],
    [
      'sliding',
      slidingWindows(2, 1),
      [
        ['a', 3],
        ['b', 4],
        ['a', 8],
        ['b', 4],
        ['a', 5],
      ],
    ],
    [
      'global',
      globalWindows(),
      [
        ['a', 8],
        ['b', 4],
      ],
    ],
  ])('combines per key in %s windows', async (_name, fn, sums) => {
    const proto = pipelineOf((root) => {
      const windowed = read(root).apply(withName('Window', windowInto(fn as never)));
      write(windowed.apply(withName('Sum', combinePerKey(sum as never))));
    });
    const edges = scriptedEdges({
      in: [{ messages: [keyed('a', 1, 0), keyed('b', 4, 1), keyed('a', 2, 999), keyed('a', 5, 1_000)] }],
    });
    await run(proto, edges);
    expect(contents<KeyValue>(edges).map(({ key, value }) => [key, value])).toEqual(sums);
  });

  it('tells keys that are no text apart by their content', async () => {
    const proto = pipelineOf((root) => {
      const windowed = read(root)
        .map(withName('Structure', structured))
        .apply(withName('Window', windowInto(fixedWindows(1))));
      write(windowed.apply(withName('Sum', combinePerKey(sum as never))));
    });
    const edges = scriptedEdges({ in: [{ messages: [1, 2, 3, 4, 5].map((n) => keyed('a', n, 0)) }] });
    await run(proto, edges);
    const sums = contents<{ key: unknown; value: number }>(edges).sort((a, b) => a.value - b.value);
    expect(sums).toEqual([
      { key: { side: 'odd', of: 'a' }, value: 4 },
      { key: null, value: 5 },
      { key: { side: 'even', of: 'a' }, value: 6 },
    ]);
  });

  it('hands over the data alone where a read asks for no attributes', async () => {
    const proto = pipelineOf((root) => {
      root
        .apply(readPubSub('Read', { project: 'p', subscription: 'in' }))
        .apply(writePubSub('Write', { project: 'p', topic: 'out' }));
    });
    const read = Object.values(proto.components!.transforms).find(({ uniqueName }) => uniqueName === 'Read')!;
    const payload = PubSubReadPayload.fromBinary(read.spec!.payload);
    read.spec!.payload = PubSubReadPayload.toBinary({ ...payload, withAttributes: false });
    const edges = scriptedEdges({ in: [{ messages: [keyed('a', 1, 0)] }] });
    await run(proto, edges);
    expect(Buffer.from(edges.written[0]!.bytes).toString()).toBe('{"key":"a","value":1}');
  });

  it("adds up the functions' own counters", async () => {
    const proto = pipelineOf((root) => {
      read(root).map(withName('Count', countBig as never), { big: counter('big') });
    });
    const edges = scriptedEdges({ in: [{ messages: [1, 6, 7].map((n) => keyed('a', n, 0)) }] });
    expect((await run(proto, edges)).counters).toEqual({ big: 2 });
  });

  it('reads sources that answer at once in order of their event time, the same way each time', async () => {
    const proto = pipelineOf((root) => {
      write(flattened([read(root, 'a'), read(root, 'b')]));
    });
    const order = async () => {
      const edges = scriptedEdges({
        a: [10, 20, 30].map((at) => ({ messages: [keyed('a', at, at)], watermarkMs: at })),
        b: [5, 15, 40].map((at) => ({ messages: [keyed('b', at, at)], watermarkMs: at })),
      });
      await run(proto, edges);
      return contents<KeyValue>(edges).map(({ value }) => value);
    };
    expect(await order()).toEqual([10, 5, 15, 20, 40, 30]);
    expect(await order()).toEqual(await order());
  });

  it('agrees with the direct runner on a bounded graph', async () => {
    const elements = Array.from({ length: 50 }, (_, i) => ({ key: `k${i % 7}`, value: i }));
    const results: unknown[] = [];
    const collect = (element: unknown) => {
      results.push(element);
    };
    register('pipelines/runners/embedded/runner.test/collect', { collect });
    const build = (root: Parameters<Parameters<typeof pipelineOf>[0]>[0]) =>
      void root
        .apply(withName('Elements', create(elements, false)))
        .apply(withName('Sum', combinePerKey(sum as never)))
        .map(withName('Collect', collect));
    const sorted = () =>
      results.splice(0).sort((a, b) => ((a as KeyValue).key < (b as KeyValue).key ? -1 : 1));
    vi.spyOn(console, 'debug').mockReturnValue();
    await directRunner().runPipeline(pipelineOf(build));
    const expected = sorted();
    await new EmbeddedRunner({ edges: scriptedEdges({}) }).run(build as never);
    expect(expected).toHaveLength(7);
    expect(sorted()).toEqual(expected);
  });
});

describe('a failing step', () => {
  it('ends the run, is named, and leaves its message to another run', async () => {
    const proto = pipelineOf((root) => {
      write(read(root).map(withName('RefuseSeven', refuseSeven)));
    });
    const edges = scriptedEdges({
      in: [{ messages: [keyed('a', 1, 0)] }, { messages: [keyed('a', 7, 0), keyed('a', 8, 0)] }],
    });
    const { done } = await new EmbeddedRunner({ edges }).start(proto);
    await expect(done).rejects.toThrow(/^Step "map\(RefuseSeven\)" failed: no sevens$/);
    expect(edges.acknowledged).toEqual(['in#0']);
  });
});

function regroup({ value }: { value: Iterable<number> }) {
  return [...value].map((ts) => ({ key: 'a', ts, value: ts }));
}
register('pipelines/runners/embedded/runner.test/regroup', { regroup });

function flattened(inputs: PCollection<KeyValue>[]): PCollection<KeyValue> {
  return P(inputs).apply(withName('Both', flatten<KeyValue>()));
}
