/** A source for tests: counts up in rounds, and only goes on when the windows that its watermark has closed were seen. */
import '../../../transforms/sdk.beam.ts';
import type { Root } from 'apache-beam/pvalue';
import { withName } from 'apache-beam/transforms/transform';
import { windowInto } from 'apache-beam/transforms/window';
import { fixedWindows } from 'apache-beam/transforms/windowings';
import { register } from '../../../transforms/beam.ts';
import {
  message,
  panesOf,
  read,
  type SeenPane,
  strategy,
  write,
} from '../../runners/embedded/graph.fixture.ts';
import { registerSplittable } from './sdf.ts';

export const COUNTER_URN = 'crypto-signal-tracker:dofn:counter:v1';
/** Number n has the event time n seconds. */
export const COUNTED = 40;
export const WINDOW_S = 10;
const PER_ROUND = 7;

/** Ends of the windows that fired in this process. */
const fired = new Set<number>();

function noteFired(pane: SeenPane): SeenPane {
  if (pane.end !== null) fired.add(pane.end);
  return pane;
}
register('pipelines/worker/operators/counter.fixture', { noteFired });

export function countingGraph(root: Root): void {
  const counted = read(root).apply(withName('Window', windowInto(fixedWindows(WINDOW_S), strategy({}))));
  write(panesOf(counted).map(withName('Note', noteFired)));
}

registerSplittable(COUNTER_URN, () => ({
  initial: () => Buffer.from('0'),
  async process(_element, rest, emit) {
    const next = Number(Buffer.from(rest).toString());
    const watermarkMs = next * 1_000;
    const closed = Math.floor(next / WINDOW_S);
    if (fired.size < closed) return { rest, watermarkMs };
    const end = Math.min(COUNTED, next + PER_ROUND);
    for (let n = next; n < end; n++) await emit('in', message({ key: 'n', value: n }), n * 1_000);
    return end === COUNTED
      ? { watermarkMs: Number.POSITIVE_INFINITY }
      : { rest: Buffer.from(String(end)), watermarkMs: end * 1_000 };
  },
}));
