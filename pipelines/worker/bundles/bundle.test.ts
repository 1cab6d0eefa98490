import '../../../transforms/sdk.beam.ts';
import { describe, expect, it, vi } from 'vitest';
import { openStateChannel } from '../channels/state-channel.ts';
import { FakeRunner } from '../fake-runner.fixture.ts';
import { registerDoFn } from '../operators/index.ts';
import { type Describe, decoded, encoded, SINK, stageOf, withDoFn } from '../stages.fixture.ts';
import { busy, failOn } from '../steps.fixture.ts';
import { at, capableWorker, ourWorker } from '../workers.fixture.ts';

/** The stage `held` ends its bundles when told to. */
const held = { reached: Promise.withResolvers<void>(), released: Promise.withResolvers<void>() };
registerDoFn('test:held', ({ transformId, transform, context }) => {
  const receiver = context.getReceiver(Object.values(transform.outputs)[0]);
  return {
    transformId,
    startBundle: async () => undefined,
    process: (element) => receiver.receive(element),
    finishBundle: () => {
      held.reached.resolve();
      return held.released.promise;
    },
  };
});

/** The stage `starting` begins its bundles when told to, once there is something to wait for. */
const starting: { reached?: () => void; released?: Promise<void> } = {};
registerDoFn('test:starting', ({ transformId, transform, context }) => {
  const receiver = context.getReceiver(Object.values(transform.outputs)[0]);
  return {
    transformId,
    startBundle: async () => {
      starting.reached?.();
      await starting.released;
    },
    process: (element) => receiver.receive(element),
    finishBundle: async () => undefined,
  };
});

const STAGES: Record<string, Describe> = {
  pass: stageOf(busy, { ms: 0 }),
  slow: stageOf(busy, { ms: 15 }),
  fails: stageOf(failOn, { value: 3 }),
  held: withDoFn(stageOf(busy, { ms: 0 }), 'test:held'),
  starting: withDoFn(stageOf(busy, { ms: 0 }), 'test:starting'),
};
const ids = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('a bundle', () => {
  it('that fails names its step, drops the rest and leaves later ones alone', async () => {
    await at(ourWorker, STAGES, async (runner, worker) => {
      const failing = runner.processBundle('b1', 'fails');
      await runner.send('b1', encoded([1, 3, 2]), false);
      const { error } = await failing;
      expect(error).toMatch(
        /^Step "Step" \(transform transform_\d+\) could not process an element: no 3 please\n/,
      );
      expect(error).toMatch(/at failOn/);
      // The rest of it is still on its way.
      await runner.feed('b1', [4, 5]);
      const next = runner.processBundle('b2', 'fails');
      await runner.feed('b2', [1, 2]);
      expect((await next).error).toBe('');
      expect(await runner.output('b2')).toEqual([1, 2]);
      expect(worker.known()).toBe(0);
      expect((await runner.progress('p', 'b1')).error).toMatch(/got b1, one that failed/);
    });
  });

  it('of a stage nobody has fails by its id', async () => {
    const { error } = await at(ourWorker, STAGES, (runner) => runner.processBundle('b', 'nowhere'));
    expect(error).toMatch(/^Expected stage nowhere from the runner, got: .*no stage nowhere/);
  });

  it('that cannot be decoded says which element', async () => {
    await at(ourWorker, STAGES, async (runner) => {
      const answer = runner.processBundle('b', 'pass');
      await runner.send('b', encoded([1, 2]).subarray(0, -3), true);
      expect((await answer).error).toMatch(/^Step "source" \(transform source\) could not decode element 1/);
    });
  });

  it('fails with its data stream, and the next one has a new stream', async () => {
    await at(ourWorker, STAGES, async (runner) => {
      const first = runner.processBundle('b1', 'pass');
      await runner.send('b1', encoded([1]), false);
      await runner.breakData();
      expect((await first).error).toMatch(/^The data stream to 127\.0\.0\.1:\d+ broke: .*runner fell over/);
      const second = runner.processBundle('b2', 'pass');
      await runner.feed('b2', [2]);
      expect((await second).error).toBe('');
      expect(await runner.output('b2')).toEqual([2]);
    });
  });

  it('fails where the stream that has its output breaks before the end', async () => {
    await at(ourWorker, STAGES, async (runner) => {
      const first = runner.processBundle('b1', 'held');
      await runner.feed('b1', [1]);
      await held.reached.promise;
      await runner.breakData();
      // The worker has seen the break once it has opened another stream, or failed for the old one.
      const second = runner.processBundle('b2', 'pass');
      const third = second.then(({ error }) => (error ? runner.processBundle('b3', 'pass') : undefined));
      for (const id of ['b2', 'b3']) await runner.feed(id, [2]);
      await Promise.all([second, third]);
      held.released.resolve();
      expect((await first).error).toMatch(/^The data stream to .* broke/);
      expect(runner.outputSoFar('b1')).toEqual([]);
    });
  });

  it('takes data that came before it', async () => {
    await at(ourWorker, STAGES, async (runner) => {
      const first = runner.processBundle('b1', 'slow');
      await runner.feed('b1', [1]);
      await runner.feed('b2', ids(9));
      await first;
      const second = runner.processBundle('b2', 'slow');
      expect((await second).error).toBe('');
      expect(await runner.output('b2')).toEqual(ids(9));
    });
  });

  it('keeps its order beside others', async () => {
    await at(ourWorker, STAGES, async (runner) => {
      const names = ['b1', 'b2', 'b3'];
      const answers = names.map((name) => runner.processBundle(name, 'slow'));
      for (const i of ids(10))
        for (const name of names) await runner.send(name, encoded([2 * i, 2 * i + 1]), false);
      for (const name of names) await runner.send(name, new Uint8Array(), true);
      expect((await Promise.all(answers)).map(({ error }) => error)).toEqual(['', '', '']);
      for (const name of names) expect(await runner.output(name)).toEqual(ids(20));
    });
  });

  it('sends its small output and the end of it in one message', async () => {
    await at(ourWorker, STAGES, async (runner) => {
      const answer = runner.processBundle('b', 'pass');
      await runner.feed('b', ids(100));
      await answer;
      await runner.output('b');
      expect(runner.messages).toBe(1);
    });
  });

  it('gives back what it is told to', async () => {
    await at(ourWorker, STAGES, async (runner) => {
      const answer = runner.processBundle('b', 'slow');
      await runner.send('b', encoded(ids(10)), false);
      const { response } = await runner.split('s', 'b', 0.5, 20);
      await runner.feed('b', ids(20).slice(10));
      expect((await answer).error).toBe('');
      if (response.oneofKind !== 'processBundleSplit') throw new Error('no split');
      const [channel] = response.processBundleSplit.channelSplits;
      const primary = Number(channel!.lastPrimaryElement);
      expect(channel).toMatchObject({ transformId: 'source', firstResidualElement: BigInt(primary + 1) });
      expect(await runner.output('b')).toEqual(ids(primary + 1));
    });
  });

  it('gives back what it is told to while its steps still start', async () => {
    await at(ourWorker, STAGES, async (runner) => {
      const before = runner.processBundle('b1', 'starting');
      await runner.feed('b1', ids(3));
      await before;
      const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      Object.assign(starting, { reached: reached.resolve, released: released.promise });
      const answer = runner.processBundle('b2', 'starting');
      await reached.promise;
      const { response } = await runner.split('s', 'b2', 0.5, 20);
      released.resolve();
      await runner.feed('b2', ids(20));
      expect((await answer).error).toBe('');
      // Half of the way from before the first, −1, to the last, 19.
      const channelSplits = [{ lastPrimaryElement: 9n, firstResidualElement: 10n }];
      expect(response).toMatchObject({ processBundleSplit: { channelSplits } });
      expect(await runner.output('b2')).toEqual(ids(10));
    });
  });

  it('hands over its output with its answer, both or none, where the runner can take it', async () => {
    const capable = capableWorker('beam:protocol:control_response_elements_embedding:v1');
    await at(capable, STAGES, async (runner) => {
      const answer = runner.processBundle('b', 'pass');
      await runner.feed('b', ids(3));
      const { error, response } = await answer;
      expect(error).toBe('');
      const data = response.oneofKind === 'processBundle' ? response.processBundle.elements?.data : undefined;
      expect(data?.flatMap((each) => decoded(each.data))).toEqual(ids(3));
      expect(data?.at(-1)).toMatchObject({ instructionId: 'b', transformId: SINK, isLast: true });
      expect(runner.messages).toBe(0);
    });
  });

  it('tells how far it is while it works', async () => {
    await at(ourWorker, STAGES, async (runner) => {
      const answer = runner.processBundle('b', 'pass');
      await runner.send('b', encoded(ids(5)), false);
      const counts = async () => {
        const { response } = await runner.progress('p', 'b');
        if (response.oneofKind !== 'processBundleProgress') return [];
        const infos = response.processBundleProgress.monitoringInfos;
        return infos.filter(({ urn }) => urn.includes('element_count')).map(({ payload }) => payload[0]);
      };
      await vi.waitFor(async () => expect(await counts()).toEqual([5, 5]));
      await runner.send('b', new Uint8Array(), true);
      await answer;
    });
  });
});

it('reads state in as many pieces as the runner makes of it', async () => {
  const runner = await FakeRunner.start(STAGES);
  const down = vi.fn();
  const channel = openStateChannel(runner.endpoint, 'w', down);
  const read = async () => {
    const state = channel.getState('b', { type: { oneofKind: undefined } }, (data) => [...data]);
    return state.type === 'promise' ? state.promise : state.value;
  };
  runner.state = [[10], [20, 30], [40]].map((piece) => new Uint8Array(piece));
  expect(await Promise.all([read(), read()])).toEqual([
    [10, 20, 30, 40],
    [10, 20, 30, 40],
  ]);
  runner.state = [];
  await expect(read()).rejects.toThrow('The runner could not read state: no state here');
  runner.stop();
  await expect(read()).rejects.toThrow(/state stream/);
  expect(down).toHaveBeenCalled();
  channel.close();
});
