import '../../../transforms/sdk.beam.ts';
import { slidingWindows } from 'apache-beam/transforms/windowings';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../schemas/errors.ts';
import { pipelineOf } from '../../pipeline-of.ts';
import { contents, grouped, keyed, read, type SeenPane, strategy, write } from './graph.fixture.ts';
import { EmbeddedRunner } from './runner.ts';
import { type ScriptedTurn, scriptedEdges } from './testing.ts';

const PROTO = pipelineOf((root) => write(grouped(read(root), slidingWindows(3, 1), strategy({}))));

/** Turns of messages in order of event time, each turn's watermark at its newest message. */
const scripts = fc
  .array(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 900 })), { maxLength: 4 }), {
    minLength: 1,
    maxLength: 25,
  })
  .map((turns) => {
    let at = 0;
    let value = 0;
    return turns.map((steps): ScriptedTurn => {
      const messages = steps.map(([key, pause]) => {
        at += pause;
        value += 1;
        return keyed(key, value, at);
      });
      return { messages, watermarkMs: at };
    });
  });

/** Runs until the end, or until the flush of that number fails. */
async function run(script: readonly ScriptedTurn[], failsAt = Number.POSITIVE_INFINITY) {
  const edges = scriptedEdges({ in: script });
  const published: SeenPane[] = [];
  let flushes = 0;
  edges.onFlush = () => {
    flushes += 1;
    if (flushes === failsAt) throw new UpstreamError('The bus is gone.');
    published.push(...contents<SeenPane>(edges).slice(published.length));
  };
  const { done } = await new EmbeddedRunner({ edges }).start(PROTO);
  await done.catch(() => undefined);
  return { published, acknowledged: edges.acknowledged };
}

const indexOf = (id: string) => Number(id.slice(id.indexOf('#') + 1));

describe('whatever happens', () => {
  it('every message is acknowledged exactly once by the end', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const { acknowledged } = await run(script);
        const count = script.reduce((sum, { messages = [] }) => sum + messages.length, 0);
        const indices = acknowledged.map(indexOf).sort((a, b) => a - b);
        expect(indices).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('a failed run and its successor publish each pane of an uninterrupted one, whole', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, fc.integer({ min: 1, max: 20 }), async (script, failsAt) => {
        const whole = await run(script);
        const first = await run(script, failsAt);
        const done = new Set(first.acknowledged.map(indexOf));
        let index = -1;
        const rest = script.map(({ messages = [], ...turn }) => {
          const unacknowledged = messages.filter(() => {
            index += 1;
            return !done.has(index);
          });
          return { ...turn, messages: unacknowledged };
        });
        const second = await run(rest);
        // Windows overlap, and a message waits for its last one: the successor may publish an earlier one again, of less.
        const published = new Map<string, number[]>();
        for (const { key, end, values } of [...second.published, ...first.published]) {
          published.set(`${key} ${end}`, [...values]);
        }
        for (const { key, end, values } of whole.published) {
          expect(published.get(`${key} ${end}`)).toEqual(values);
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});
