import '../../transforms/sdk.beam.ts';
import { spawnSync } from 'node:child_process';
import { InstructionRequest, type InstructionResponse } from 'apache-beam/proto/beam_fn_api';
import { counter, distribution } from 'apache-beam/transforms/pardo';
import { Worker } from 'apache-beam/worker/worker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bundleEffects } from './bundle-effects.ts';
import { FakeRunner } from './fake-runner.fixture.ts';
import { registerDoFn } from './operators/index.ts';
import { type Describe, encoded, stageOf, withDoFn } from './stages.fixture.ts';
import { busy, failOn, metered } from './steps.fixture.ts';
import { at, ourHarness, ourWorker, type RunningWorker, stockWorker } from './workers.fixture.ts';

const STAGES: Record<string, Describe> = {
  pass: stageOf(busy, { ms: 0 }),
  slow: stageOf(busy, { ms: 15 }),
  fails: stageOf(failOn, { value: 3 }),
  metered: stageOf(metered, { seen: counter('seen'), sizes: distribution('sizes') } as never),
  effects: withDoFn(stageOf(busy, { ms: 0 }), 'test:effects'),
};
/** What the committed bundles of the stage `effects` held. */
let committed: number[] = [];
registerDoFn('test:effects', ({ transformId, transform, context }) => {
  const receiver = context.getReceiver(Object.values(transform.outputs)[0]);
  return {
    transformId,
    startBundle: async () => undefined,
    process: (element) => {
      const effects = bundleEffects.of(context.getBundleId());
      effects.residualRoots.push({});
      effects.finalizers.push(async () => void committed.push(Number(element.value)));
      return receiver.receive(element);
    },
    finishBundle: async () => undefined,
  };
});

function processed({ error, response }: InstructionResponse) {
  expect(error).toBe('');
  if (response.oneofKind !== 'processBundle') throw new Error(`got ${response.oneofKind}`);
  return response.processBundle;
}

function fieldsOf(message: object): number[] {
  const fields = (message as { [unknown: symbol]: { no: number }[] | undefined })[UNKNOWN_FIELDS] ?? [];
  return fields.map(({ no }) => no);
}
const UNKNOWN_FIELDS = Symbol.for('protobuf-ts/unknown');
const ids = (n: number) => Array.from({ length: n }, (_, i) => i);

/** The same script at the SDK's worker and at ours. */
async function both<T>(script: (runner: FakeRunner, worker: RunningWorker) => Promise<T>) {
  return { stock: await at(stockWorker, STAGES, script), ours: await at(ourWorker, STAGES, script) };
}

const prints = ['log', 'warn', 'error', 'debug'] as const;
let printed: string[];
beforeEach(() => {
  printed = [];
  for (const each of prints) {
    vi.spyOn(console, each).mockImplementation((...parts) => void printed.push(parts.map(String).join(' ')));
  }
});
afterEach(() => vi.restoreAllMocks());

describe('what the SDK’s worker gets wrong', () => {
  it('loses no element of a bundle whose end comes in a message of its own', async () => {
    const { stock, ours } = await both(async (runner) => {
      const answer = runner.processBundle('b', 'slow');
      await runner.feed('b', ids(20));
      return { error: (await answer).error, output: await runner.output('b') };
    });
    expect(stock.error).toBe('');
    expect(stock.output.length).toBeLessThan(20);
    expect(ours).toEqual({ error: '', output: ids(20) });
  });

  it('takes input of more than 4 MB', async () => {
    const many = ids(350_000);
    expect(encoded(many).length).toBeGreaterThan(4 << 20);
    const answerOf = (runner: FakeRunner) => runner.processBundle('b', 'pass');
    await at(stockWorker, STAGES, async (runner) => {
      void answerOf(runner);
      await runner.feed('b', many);
      await vi.waitFor(() => expect(printed.join('\n')).toMatch(/RESOURCE_EXHAUSTED/));
      expect(runner.outputSoFar('b')).toEqual([]);
    });
    await at(ourWorker, STAGES, async (runner) => {
      const answer = answerOf(runner);
      await runner.feed('b', many);
      expect((await answer).error).toBe('');
      expect((await runner.output('b')).length).toBe(many.length);
    });
  });

  it('holds nothing of a bundle that is over', async () => {
    const { stock, ours } = await both(async (runner, worker) => {
      for (const i of ids(20)) {
        const answer = runner.processBundle(`b${i}`, 'pass');
        await runner.feed(`b${i}`, [i]);
        await answer;
      }
      return worker.known();
    });
    expect({ stock, ours }).toEqual({ stock: 20, ours: 0 });
  });

  it('names every metric it has told the value of', async () => {
    const { stock, ours } = await both(async (runner) => {
      const answer = runner.processBundle('b', 'slow');
      await runner.feed('b', [1, 2]);
      const { monitoringData, monitoringInfos } = processed(await answer);
      const asked = await runner.ask('m', {
        oneofKind: 'monitoringInfos',
        monitoringInfos: { monitoringInfoId: [...Object.keys(monitoringData), 'unheard-of'] },
      });
      if (asked.response.oneofKind !== 'monitoringInfos') return asked.error;
      const names = asked.response.monitoringInfos.monitoringInfo;
      const full = Object.entries(names).map(([id, info]) => ({ ...info, payload: monitoringData[id]! }));
      expect(full).toEqual(monitoringInfos);
      return full.map(({ urn }) => urn);
    });
    expect(stock).toMatch(/Unknown instruction type/);
    const time = 'beam:metric:pardo_execution_time:process_bundle_msecs:v1';
    const index = 'beam:metric:data_channel:read_index:v1';
    expect(ours).toEqual(expect.arrayContaining(['beam:metric:element_count:v1', time, index]));
  });

  it.each([
    ['harnessMonitoringInfos', { oneofKind: 'harnessMonitoringInfos', harnessMonitoringInfos: {} }],
    ['register', { oneofKind: 'register', register: { processBundleDescriptor: [] } }],
  ] as const)('answers %s', async (kind, request) => {
    const { stock, ours } = await both((runner) => runner.ask('i', request as never));
    expect(stock.error).toMatch(/Unknown instruction type/);
    expect(ours).toMatchObject({ error: '', response: { oneofKind: kind } });
  });

  it('passes over fields that are younger than the SDK', async () => {
    // {instructionId: 'i'}, then field 1011 of length 0.
    const bytes = [10, 1, 105, 154, 63, 0];
    const read = `require('apache-beam/proto/beam_fn_api').InstructionRequest.fromBinary(new Uint8Array([${bytes}]))`;
    const stock = spawnSync(process.execPath, ['-e', read], { encoding: 'utf8' });
    expect(stock.stderr).toMatch(/ReferenceError: wireType is not defined/);
    expect(InstructionRequest.fromBinary(new Uint8Array(bytes)).instructionId).toBe('i');
  });

  it('answers sampleData, and refuses what it does not know', async () => {
    await at(ourWorker, STAGES, async (runner) => {
      const sampled = await runner.askField('i', 1011);
      expect({ error: sampled.error, fields: fieldsOf(sampled) }).toEqual({ error: '', fields: [1011] });
      const { error } = await runner.askField('j', 1999);
      expect(error).toMatch(/^Expected a known instruction, got one of field 1999\./);
    });
  });

  it('runs what waits for the commit when the bundle is committed, once', async () => {
    const finalize = async (runner: FakeRunner) => {
      const answer = runner.processBundle('b', 'effects');
      await runner.feed('b', [7]);
      const { requiresFinalization, residualRoots } = processed(await answer);
      const before = committed.length;
      const request = { oneofKind: 'finalizeBundle', finalizeBundle: { instructionId: 'b' } } as const;
      const { error, response } = await runner.ask('f1', request);
      await runner.ask('f2', request);
      const kind = response.oneofKind;
      return { requiresFinalization, roots: residualRoots.length, error, kind, before, after: committed };
    };
    committed = [];
    const stock = await at(stockWorker, STAGES, finalize);
    bundleEffects.take('b');
    expect(stock).toMatchObject({ requiresFinalization: false, roots: 0, after: [] });
    expect(stock.error).toMatch(/Unknown instruction type/);
    const ours = await at(ourWorker, STAGES, finalize);
    const kind = 'finalizeBundle';
    expect(ours).toEqual({ requiresFinalization: true, roots: 1, error: '', kind, before: 0, after: [7] });
  });

  it('answers a split of a finished bundle with nothing to give back', async () => {
    const { stock, ours } = await both(async (runner) => {
      const answer = runner.processBundle('b', 'pass');
      await runner.feed('b', [1]);
      await answer;
      const { error, response } = await runner.split('s', 'b', 0.5, 1);
      return error || response;
    });
    expect(stock).toMatch(/Unknown process bundle/);
    const processBundleSplit = { primaryRoots: [], residualRoots: [], channelSplits: [] };
    expect(ours).toEqual({ oneofKind: 'processBundleSplit', processBundleSplit });
  });

  it('says which bundle it does not know', async () => {
    const { stock, ours } = await both(async (runner) => [
      (await runner.progress('p', 'nobody')).error,
      (await runner.split('s', 'nobody', 0, 1)).error,
    ]);
    expect(stock[0]).toMatch(/TypeError/);
    const expected = /^Expected a bundle, got nobody, one that is not known here/;
    expect(ours).toEqual([expect.stringMatching(expected), expect.stringMatching(expected)]);
  });

  it('prints nothing about a bundle that goes well', async () => {
    const script = async (runner: FakeRunner) => {
      const answer = runner.processBundle('b', 'pass');
      await runner.feed('b', [1]);
      await answer;
      return printed.length;
    };
    expect(await at(ourWorker, STAGES, script)).toBe(0);
    expect(await at(stockWorker, STAGES, script)).toBeGreaterThan(0);
  });

  it('works for longer than 11.6 days', async () => {
    const days = 12 * 86_400_000;
    const over = vi.fn();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    void Worker.prototype.wait.call({}).then(over);
    await vi.advanceTimersByTimeAsync(days);
    vi.useRealTimers();
    expect(over).toHaveBeenCalledOnce();

    const runner = await FakeRunner.start(STAGES);
    const ended = vi.fn();
    const running = ourHarness(runner).run().then(ended);
    await runner.ask('i', { oneofKind: 'harnessMonitoringInfos', harnessMonitoringInfos: {} });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    await vi.advanceTimersByTimeAsync(days);
    vi.useRealTimers();
    expect(ended).not.toHaveBeenCalled();
    await runner.endControl();
    await running;
    expect(ended).toHaveBeenCalledOnce();
    runner.stop();
  });

  it('counts each bundle by itself', async () => {
    const { stock, ours } = await both(async (runner) => {
      const counts: (number[] | undefined)[] = [];
      for (const id of ['b1', 'b2']) {
        const answer = runner.processBundle(id, 'metered');
        await runner.feed(id, [5, 9]);
        const infos = processed(await answer).monitoringInfos;
        for (const name of ['seen', 'sizes']) {
          const info = infos.find(({ labels }) => labels.NAME === name);
          counts.push(info && [...info.payload]);
        }
      }
      return counts;
    });
    expect(stock[0]).not.toEqual(stock[2]);
    // A distribution is count, sum, min, max.
    expect(ours).toEqual([[2], [2, 14, 5, 9], [2], [2, 14, 5, 9]]);
  });
});
