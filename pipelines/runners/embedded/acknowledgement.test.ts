import '../../../transforms/sdk.beam.ts';
import { P, type PCollection } from 'apache-beam/pvalue';
import { flatten } from 'apache-beam/transforms/flatten';
import { parDo } from 'apache-beam/transforms/pardo';
import { withName } from 'apache-beam/transforms/transform';
import { fixedWindows, slidingWindows } from 'apache-beam/transforms/windowings';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../schemas/errors.ts';
import { register } from '../../../transforms/beam.ts';
import { pipelineOf } from '../../pipeline-of.ts';
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
import { type ScriptedTurn, scriptedEdges } from './testing.ts';

const GROUPED = pipelineOf((root) =>
  write(grouped(read(root), fixedWindows(1), strategy({ latenessMs: 500 }))),
);
const FOREVER = new Promise<ScriptedTurn>(() => undefined);

const paired = ({ key, values }: SeenPane) => ({ key, value: values.length });
register('pipelines/runners/embedded/acknowledgement.test/paired', { paired });

/** What was acknowledged by the time of each flush, and what had been written by then. */
function logOfFlushes(edges: ReturnType<typeof scriptedEdges>) {
  const log: { written: number; acknowledged: string[] }[] = [];
  edges.onFlush = () => {
    log.push({ written: edges.written.length, acknowledged: [...edges.acknowledged] });
  };
  return log;
}

async function turnOfLoop(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a message is acknowledged', () => {
  it('once the window it fed has been flushed and takes nothing more, not before', async () => {
    const edges = scriptedEdges({
      in: [
        { messages: [keyed('a', 1, 0), keyed('a', 2, 1_500)], watermarkMs: 999 },
        { watermarkMs: 1_000 },
        { messages: [keyed('a', 3, 10)], watermarkMs: 1_499 },
        { watermarkMs: 1_500 },
      ],
    });
    const log = logOfFlushes(edges);
    const { done } = await new EmbeddedRunner({ edges }).start(GROUPED);
    await done;
    expect(log).toEqual([
      { written: 1, acknowledged: [] },
      { written: 2, acknowledged: [] },
      { written: 3, acknowledged: ['in#0', 'in#2'] },
    ]);
    expect(edges.acknowledged).toEqual(['in#0', 'in#2', 'in#1']);
  });

  it('after the last of overlapping windows', async () => {
    const proto = pipelineOf((root) => write(grouped(read(root), slidingWindows(3, 1), strategy({}))));
    const edges = scriptedEdges({
      in: [
        { messages: [keyed('a', 1, 0)] },
        ...[1_000, 2_000, 3_000].map((watermarkMs) => ({ watermarkMs })),
      ],
    });
    const log = logOfFlushes(edges);
    await (await new EmbeddedRunner({ edges }).start(proto)).done;
    expect(log.map(({ acknowledged }) => acknowledged)).toEqual([[], [], []]);
    expect(edges.acknowledged).toEqual(['in#0']);
  });

  it('at once where it was dropped, with its window where it came late', async () => {
    const proto = pipelineOf((root) => {
      const input = read(root);
      write(grouped(input, fixedWindows(1), strategy({ latenessMs: 500 })));
    });
    const edges = scriptedEdges({
      in: [
        { watermarkMs: 1_400 },
        { messages: [keyed('late', 1, 999), keyed('dropped', 2, -1), keyed('open', 3, 1_450)] },
        { watermarkMs: 1_500 },
        FOREVER,
      ],
    });
    const handle = await new EmbeddedRunner({ edges }).start(proto);
    await turnOfLoop();
    expect(contents<SeenPane>(edges).map(({ key }) => key)).toEqual(['late']);
    expect(edges.acknowledged).toEqual(['in#1', 'in#0']);
    await handle.drain();
  });

  it('once, after every group it fed', async () => {
    const proto = pipelineOf((root) => {
      const input = read(root);
      write(grouped(input, fixedWindows(1), strategy({}), 'Short'), 'short');
      write(grouped(input, fixedWindows(2), strategy({}), 'Long'), 'long');
    });
    const edges = scriptedEdges({
      in: [{ messages: [keyed('a', 1, 0)], watermarkMs: 1_000 }, { watermarkMs: 2_000 }],
    });
    const log = logOfFlushes(edges);
    await (await new EmbeddedRunner({ edges }).start(proto)).done;
    expect(log.map(({ acknowledged }) => acknowledged)).toEqual([[], []]);
    expect(edges.acknowledged).toEqual(['in#0']);
  });

  it('without waiting for windows that only its pane has fed', async () => {
    const proto = pipelineOf((root) => {
      const panes = grouped(read(root), fixedWindows(1), strategy({ latenessMs: 500 }), 'First');
      write(grouped(panes.map(withName('Repair', paired)), fixedWindows(60), strategy({}), 'Second'));
    });
    const edges = scriptedEdges({
      in: [
        { watermarkMs: 1_000 },
        { messages: [keyed('a', 1, 0), keyed('a', 2, 1)] },
        { watermarkMs: 1_500 },
        FOREVER,
      ],
    });
    const handle = await new EmbeddedRunner({ edges }).start(proto);
    await turnOfLoop();
    expect(edges.acknowledged).toEqual(['in#0', 'in#1']);
    expect(handle.metrics().find(({ step }) => step === 'SecondGroup')).toMatchObject({ held: 1 });
    await handle.drain();
  });

  it('after the last pane that told of it', async () => {
    const pairs = strategy({ latenessMs: 5_000, lateCount: 2 });
    const proto = pipelineOf((root) => write(grouped(read(root), fixedWindows(1), pairs)));
    const edges = scriptedEdges({
      in: [
        { messages: [keyed('a', 1, 0)], watermarkMs: 1_000 },
        { messages: [keyed('a', 2, 1)] },
        { messages: [keyed('a', 3, 2)] },
        { messages: [keyed('a', 4, 3)] },
        { watermarkMs: 6_000 },
        FOREVER,
      ],
    });
    const log = logOfFlushes(edges);
    const handle = await new EmbeddedRunner({ edges }).start(proto);
    await turnOfLoop();
    expect(log.map(({ acknowledged }) => acknowledged)).toEqual([[], [], []]);
    expect(edges.acknowledged.sort()).toEqual(['in#0', 'in#1', 'in#2', 'in#3']);
    await handle.drain();
  });

  it('never where the flush fails, and the run fails with that error', async () => {
    const edges = scriptedEdges({ in: [{ messages: [keyed('a', 1, 0)], watermarkMs: 1_000 }] });
    edges.onFlush = () => Promise.reject(new UpstreamError('The bus is gone.'));
    const { done } = await new EmbeddedRunner({ edges }).start(GROUPED);
    await expect(done).rejects.toThrow(UpstreamError);
    expect(edges.acknowledged).toEqual([]);
  });
});

describe('back-pressure', () => {
  it('reads nothing while a flush is pending', async () => {
    const proto = pipelineOf((root) => write(read(root)));
    const edges = scriptedEdges({ in: [1, 2, 3].map((n) => ({ messages: [keyed('a', n, 0)] })) });
    const flushed: (() => void)[] = [];
    edges.onFlush = () => new Promise((resolve) => flushed.push(resolve));
    const { done } = await new EmbeddedRunner({ edges }).start(proto);
    for (const read of [1, 2, 3]) {
      await turnOfLoop();
      expect(edges.turnsRead).toEqual({ in: read });
      expect(edges.acknowledged).toHaveLength(read - 1);
      flushed.pop()!();
    }
    await done;
  });

  it('flushes within a bundle where one watermark closes very many windows', async () => {
    const messages = Array.from({ length: 25_000 }, (_, n) => keyed('a', n, n * 1_000));
    const edges = scriptedEdges({ in: [{ messages, watermarkMs: 0 }] });
    const log = logOfFlushes(edges);
    await (await new EmbeddedRunner({ edges }).start(GROUPED)).done;
    expect(log.map(({ written }) => written)).toEqual([10_000, 20_000, 25_000]);
    expect(log.map(({ acknowledged }) => acknowledged.length)).toEqual([0, 0, 0]);
    expect(edges.acknowledged).toHaveLength(25_000);
  });

  it('leaves room for timers and signals while sources never wait', async () => {
    const turns = Array.from({ length: 1_000 }, (_, n) => ({ messages: [keyed('a', n, n)] }));
    const edges = scriptedEdges({ in: turns });
    const handle = await new EmbeddedRunner({ edges }).start(GROUPED);
    await turnOfLoop();
    await handle.drain();
    expect(edges.turnsRead.in).toBeLessThan(1_000);
  });
});

describe('a drain', () => {
  const turns = [{ messages: [keyed('a', 1, 0), keyed('a', 2, 1_500)], watermarkMs: 1_500 }, FOREVER];

  it('leaves open windows unfired and their messages to the next run', async () => {
    const edges = scriptedEdges({ in: turns });
    const handle = await new EmbeddedRunner({ edges }).start(GROUPED);
    await handle.drain();
    expect(await handle.done).toMatchObject({ drained: true, unacknowledged: 1 });
    expect(contents<SeenPane>(edges).map(({ end }) => end)).toEqual([1_000]);
    expect(edges.acknowledged).toEqual(['in#0']);
  });

  it('publishes open windows where asked to', async () => {
    const edges = scriptedEdges({ in: turns });
    const handle = await new EmbeddedRunner({ edges, onDrain: 'fire' }).start(GROUPED);
    await handle.drain();
    expect(await handle.done).toMatchObject({ drained: true, unacknowledged: 0 });
    expect(contents<SeenPane>(edges).map(({ end }) => end)).toEqual([1_000, 2_000]);
  });

  it('gives the same windows over two runs as over one, some of them twice', async () => {
    const messages = Array.from({ length: 40 }, (_, n) => ({
      messages: [keyed('a', n, n * 130)],
      watermarkMs: n * 130 - 100,
    }));
    const whole = scriptedEdges({ in: messages });
    await (await new EmbeddedRunner({ edges: whole }).start(GROUPED)).done;
    const first = scriptedEdges({ in: [...messages.slice(0, 28), FOREVER] });
    const handle = await new EmbeddedRunner({ edges: first }).start(GROUPED);
    await turnOfLoop();
    await handle.drain();
    const seen = new Set(first.acknowledged.map((id) => Number(id.slice(3))));
    const second = scriptedEdges({ in: messages.filter((_, n) => !seen.has(n)) });
    await (await new EmbeddedRunner({ edges: second }).start(GROUPED)).done;
    const panes = new Map(
      [...contents(first), ...contents(second)].map((pane) => [JSON.stringify(pane), pane]),
    );
    expect([...panes.values()]).toEqual(contents(whole));
    expect(contents(first).length).toBeGreaterThan(0);
  });
});

describe('sources that answer later', () => {
  it('are read as they answer, and one that never does holds the others back in event time alone', async () => {
    let answer: (turn: ScriptedTurn) => void = () => undefined;
    const slow = new Promise<ScriptedTurn>((resolve) => {
      answer = resolve;
    });
    const proto = pipelineOf((root) => {
      const both: PCollection<KeyValue> = P([read(root, 'slow'), read(root, 'fast')]).apply(
        withName('Both', flatten<KeyValue>()),
      );
      write(both, 'raw');
      write(grouped(both, fixedWindows(1)));
    });
    const edges = scriptedEdges({
      slow: [slow],
      fast: [{ messages: [keyed('fast', 1, 0)], watermarkMs: 5_000 }],
    });
    const { done } = await new EmbeddedRunner({ edges }).start(proto);
    await turnOfLoop();
    expect(contents<KeyValue>(edges, 'raw').map(({ key }) => key)).toEqual(['fast']);
    expect(contents(edges)).toEqual([]);
    answer({ messages: [keyed('slow', 2, 500)] });
    await done;
    expect(contents<SeenPane>(edges).map(({ key }) => key)).toEqual(['fast', 'slow']);
  });

  it('fail the run where they fail', async () => {
    const edges = scriptedEdges({ in: [Promise.reject(new UpstreamError('The stream broke.'))] });
    const { done } = await new EmbeddedRunner({ edges }).start(GROUPED);
    await expect(done).rejects.toThrow('The stream broke.');
  });
});

describe('functions that know bundles', () => {
  const calls: string[] = [];
  const startOf = () => void calls.push('start');
  const endOf = () => void calls.push('finish');
  const eachOf = ({ value }: KeyValue) => {
    calls.push(`process ${value}`);
    return [value];
  };
  register('pipelines/runners/embedded/acknowledgement.test', { startOf, eachOf, endOf });

  it('start and finish once around each chunk', async () => {
    const proto = pipelineOf((root) => {
      read(root).apply(
        withName('Bundled', parDo({ startBundle: startOf, process: eachOf, finishBundle: endOf })),
      );
    });
    const edges = scriptedEdges({
      in: [{ messages: [keyed('a', 1, 0), keyed('a', 2, 0)] }, { messages: [keyed('a', 3, 0)] }],
    });
    await (await new EmbeddedRunner({ edges }).start(proto)).done;
    expect(calls).toEqual([
      'start',
      'process 1',
      'process 2',
      'finish',
      'start',
      'process 3',
      'finish',
      'start',
      'finish',
    ]);
  });
});
