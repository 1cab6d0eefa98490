import '../../../transforms/sdk.beam.ts';
import {
  AccumulationMode_Enum,
  FunctionSpec,
  OutputTime_Enum,
  ParDoPayload,
  type Pipeline,
  type PTransform,
  StateSpec,
  TimerFamilySpec,
  type Trigger,
  type WindowingStrategy,
} from 'apache-beam/proto/beam_runner_api';
import { P, type PCollection } from 'apache-beam/pvalue';
import { flatten } from 'apache-beam/transforms/flatten';
import { iterableSideInput } from 'apache-beam/transforms/pardo';
import { withName } from 'apache-beam/transforms/transform';
import { windowInto } from 'apache-beam/transforms/window';
import { fixedWindows, sessions, slidingWindows } from 'apache-beam/transforms/windowings';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../schemas/errors.ts';
import { register } from '../../../transforms/beam.ts';
import { pipelineOf } from '../../pipeline-of.ts';
import { fuseWindows } from './fusion.ts';
import { contents, grouped, type KeyValue, keyed, panesOf, read, strategy, write } from './graph.fixture.ts';
import { planOf } from './plan.ts';
import { EmbeddedRunner } from './runner.ts';
import { scriptedEdges } from './testing.ts';

const same = (element: unknown) => element;
const customWindows = {
  ...fixedWindows(1),
  toProto: () => FunctionSpec.create({ urn: 'my:window_fn:v1', payload: new Uint8Array() }),
};
register('pipelines/runners/embedded/plan.test', { same, toCustomProto: customWindows.toProto });

const fixedGraph = (windowing: WindowingStrategy = strategy({})) =>
  pipelineOf((root) => write(grouped(read(root), fixedWindows(1), windowing)));

/** A graph with one step edited by hand. */
function edited(name: string, edit: (transform: PTransform, pipeline: Pipeline) => void): Pipeline {
  const pipeline = fixedGraph();
  edit(
    Object.values(pipeline.components!.transforms).find(({ uniqueName }) => uniqueName === name)!,
    pipeline,
  );
  return pipeline;
}

function withDoFn(name: string, change: Partial<ParDoPayload>): Pipeline {
  return edited(name, ({ spec }) => {
    spec!.payload = ParDoPayload.toBinary({ ...ParDoPayload.fromBinary(spec!.payload), ...change });
  });
}

const trigger = (kind: Trigger['trigger']): WindowingStrategy => ({
  ...strategy({}),
  trigger: { trigger: kind },
});
const onCount: Trigger = { trigger: { oneofKind: 'elementCount', elementCount: { elementCount: 1 } } };

describe('what the embedded runner does not support', () => {
  const sideInputs = pipelineOf((root) => {
    const side = read(root, 'side');
    read(root).map(withName('Enrich', same), { known: iterableSideInput(side) });
  });
  const sessionWindows = pipelineOf((root) => write(grouped(read(root), sessions(10) as never)));
  const ownWindows = pipelineOf((root) => write(grouped(read(root), customWindows as never)));
  const mixedWindows = pipelineOf((root) => {
    const inputs = ['a', 'b'].map((name) => read(root, name));
    write(P(inputs).apply(withName('Both', flatten<KeyValue>())));
    write(grouped(inputs[0]!, fixedWindows(1)), 'windowed');
  });
  const { pcollections, transforms } = mixedWindows.components!;
  const both = Object.values(transforms).find(({ uniqueName }) => uniqueName === 'Both')!;
  const [, windowed] = Object.keys(mixedWindows.components!.windowingStrategies);
  pcollections[Object.values(both.outputs)[0]!]!.windowingStrategyId = windowed!;
  const noPayload = new Uint8Array();

  it.each<[string, Pipeline, RegExp]>([
    ['side inputs', sideInputs, /map\(Enrich\): side inputs side\.known/],
    ['session windows', sessionWindows, /Group: merging windows \(beam:window_fn:session_windows:v1\)/],
    ['window functions of one’s own', ownWindows, /Group: window function my:window_fn:v1/],
    ['windows of two kinds in one collection', mixedWindows, /Both: inputs of different windowing/],
    [
      'early firings',
      fixedGraph(trigger({ oneofKind: 'afterEndOfWindow', afterEndOfWindow: { earlyFirings: onCount } })),
      /Group: trigger afterEndOfWindow with early firings elementCount/,
    ],
    ['other triggers', fixedGraph(trigger(onCount.trigger)), /Group: trigger elementCount/],
    [
      'other late triggers',
      fixedGraph(
        trigger({
          oneofKind: 'afterEndOfWindow',
          afterEndOfWindow: { lateFirings: { trigger: { oneofKind: 'always', always: {} } } },
        }),
      ),
      /Group: trigger afterEndOfWindow with late firings always/,
    ],
    [
      'other output times',
      fixedGraph({ ...strategy({}), outputTime: OutputTime_Enum.EARLIEST_IN_PANE }),
      /Group: output time EARLIEST_IN_PANE/,
    ],
    [
      'retracting panes',
      fixedGraph({ ...strategy({}), accumulationMode: AccumulationMode_Enum.RETRACTING }),
      /Group: retracting panes/,
    ],
    [
      'state',
      withDoFn('map(Parse in)', { stateSpecs: { seen: StateSpec.create() } }),
      /map\(Parse in\): user state seen/,
    ],
    [
      'timers',
      withDoFn('map(Parse in)', { timerFamilySpecs: { flush: TimerFamilySpec.create() } }),
      /map\(Parse in\): timers flush/,
    ],
    [
      'splittable functions',
      withDoFn('map(Parse in)', { restrictionCoderId: 'coder' }),
      /map\(Parse in\): a splittable function/,
    ],
    [
      'functions of other languages',
      withDoFn('map(Parse in)', { doFn: { urn: 'beam:dofn:pickled:v1', payload: noPayload } }),
      /map\(Parse in\): function beam:dofn:pickled:v1/,
    ],
    [
      'other environments',
      edited('map(Parse in)', (_, { components }) => {
        components!.environments.jsEnvironment!.urn = 'beam:env:docker:v1';
      }),
      /map\(Parse in\): environment beam:env:docker:v1/,
    ],
    [
      'unknown transforms',
      edited('Read in', ({ spec }) => {
        spec!.urn = 'beam:transform:test_stream:v1';
      }),
      /Read in: transform beam:transform:test_stream:v1/,
    ],
    [
      'reads without a subscription',
      edited('Read in', ({ spec }) => {
        spec!.payload = noPayload;
      }),
      /Read in: a read without a subscription/,
    ],
    [
      'requirements',
      edited('Read in', (_, pipeline) => {
        pipeline.requirements.push('beam:requirement:pardo:stateful:v1');
      }),
      /pipeline: requirement beam:requirement:pardo:stateful:v1/,
    ],
  ])('refuses %s by name', (_what, pipeline, message) => {
    expect(() => planOf(pipeline)).toThrow(ConfigError);
    expect(() => planOf(pipeline)).toThrow(message);
  });

  it('is refused all at once, before a source is opened', async () => {
    const pipeline = withDoFn('map(Parse in)', { stateSpecs: { seen: StateSpec.create() } });
    const read = Object.values(pipeline.components!.transforms).find((t) => t.uniqueName === 'Read in')!;
    read.spec!.urn = 'beam:transform:test_stream:v1';
    const edges = scriptedEdges({});
    const start = new EmbeddedRunner({ edges }).start(pipeline);
    await expect(start).rejects.toThrow(/Read in: transform .*\n.*map\(Parse in\): user state seen/);
  });
});

describe('windows are assigned by the groups themselves', () => {
  const fusedNames = (pipeline: Pipeline) => {
    const plan = planOf(pipeline);
    const fused = fuseWindows(plan);
    return plan.steps.filter(({ id }) => fused.has(id)).map(({ name }) => name);
  };

  it('where they reach groups alone, by way of identities and flattens too', () => {
    expect(fusedNames(fixedGraph())).toEqual(['Window', 'Group']);
    const two = pipelineOf((root) => {
      const inputs = ['a', 'b'].map((name) => {
        const windowing = windowInto(fixedWindows(1), strategy({}));
        return read(root, name).apply(withName(`Window ${name}`, windowing)) as PCollection<KeyValue>;
      });
      write(panesOf(P(inputs).apply(withName('Both', flatten<KeyValue>()))));
    });
    expect(fusedNames(two)).toEqual(['Window a', 'Window b', 'Group']);
  });

  it('not where elements of the same windows come by another way, to one group or to one that shares with it', () => {
    const pipeline = pipelineOf((root) => {
      const [shares, mixes, changes] = ['a', 'b', 'c'].map((name) => {
        const windowing = windowInto(fixedWindows(1), strategy({}));
        return read(root, name).apply(withName(`Window ${name}`, windowing)) as PCollection<KeyValue>;
      });
      const changed = changes!.map(withName('Change', same)) as PCollection<KeyValue>;
      const both = (name: string, inputs: PCollection<KeyValue>[]): PCollection<KeyValue> =>
        P(inputs).apply(withName(name, flatten<KeyValue>()));
      write(panesOf(both('Mix', [mixes!, changed]), 'Mixed'), 'mixed');
      write(panesOf(both('Share', [shares!, mixes!]), 'Shared'), 'shared');
    });
    expect(fusedNames(pipeline)).toEqual([]);
  });

  it('not where another step sees the windowed elements', () => {
    const pipeline = pipelineOf((root) => {
      const windowed: PCollection<KeyValue> = read(root).apply(
        withName('Early', windowInto(slidingWindows(2, 1))),
      );
      write(windowed.map(withName('Look', same)) as PCollection<KeyValue>, 'seen');
      write(grouped(windowed.map(withName('Pass', same)) as PCollection<KeyValue>, fixedWindows(1)));
    });
    expect(fusedNames(pipeline)).toEqual(['Window', 'Group']);
  });

  it('with the same result as where elements carry them', async () => {
    const messages = [0, 500, 999, 1_000, 2_700].map((at, i) => keyed(`k${i % 2}`, i, at));
    const results = await Promise.all(
      [false, true].map(async (isSeen) => {
        const pipeline = pipelineOf((root) => {
          const input = read(root);
          const windowed: PCollection<KeyValue> = input.apply(
            withName('Slide', windowInto(slidingWindows(2, 1), strategy({ latenessMs: 400 }))),
          );
          if (isSeen) write(windowed, 'seen');
          write(panesOf(windowed));
        });
        expect(fusedNames(pipeline)).toHaveLength(isSeen ? 0 : 2);
        const edges = scriptedEdges({
          in: [
            { messages, watermarkMs: 1_000 },
            { messages: [keyed('k0', 9, 700)], watermarkMs: 5_000 },
          ],
        });
        await (await new EmbeddedRunner({ edges }).start(pipeline)).done;
        return contents(edges);
      }),
    );
    expect(results[0]).toEqual(results[1]);
    expect(results[0]).toHaveLength(8);
  });
});
