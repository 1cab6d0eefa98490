import '../../../transforms/sdk.beam.ts';
import { fixedWindows } from 'apache-beam/transforms/windowings';
import { describe, expect, it } from 'vitest';
import { contents, graphOf, grouped, keyed, read, type SeenPane, write } from './graph.fixture.ts';
import { EmbeddedRunner } from './runner.ts';
import { scriptedEdges } from './testing.ts';

describe('a run', () => {
  it('fires fixed windows as the watermark passes their ends', async () => {
    const proto = graphOf((root) => write(grouped(read(root), fixedWindows(1))));
    const edges = scriptedEdges({
      in: [
        { messages: [keyed('b', 1, 0), keyed('a', 2, 999), keyed('a', 3, 1000)], watermarkMs: 999 },
        { watermarkMs: 1000 },
        { messages: [keyed('a', 4, 500)], watermarkMs: 1500 },
      ],
    });
    const handle = await new EmbeddedRunner({ edges }).start(proto);
    const summary = await handle.done;
    expect(contents<SeenPane>(edges)).toEqual([
      { key: 'a', end: 1000, values: [2], timing: 'ON_TIME', index: 0, isLast: true },
      { key: 'b', end: 1000, values: [1], timing: 'ON_TIME', index: 0, isLast: true },
      { key: 'a', end: 2000, values: [3], timing: 'ON_TIME', index: 0, isLast: true },
    ]);
    expect(summary.drained).toBe(false);
    expect(edges.acknowledged).toEqual(['in#0', 'in#1', 'in#3', 'in#2']);
    expect(summary.steps.find(({ step }) => step === 'Group')).toMatchObject({
      elementsIn: 4,
      elementsOut: 3,
      droppedLate: 1,
      late: 0,
      held: 0,
    });
  });
});
