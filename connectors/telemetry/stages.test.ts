import { expect, it } from 'vitest';
import { ManualClock } from '../clock/manual.ts';
import type { StageSpan } from './port.ts';
import { CLOSE, SIGNAL, span } from './span.fixture.ts';
import { Stages } from './stages.ts';

const BAR = { pair: 'SOLUSDT', closeMs: CLOSE };

function measured(isBusTime = true) {
  const spans: StageSpan[] = [];
  const clock = new ManualClock(CLOSE);
  const stages = new Stages({ telemetry: { record: (one) => void spans.push(one) }, clock, isBusTime });
  return { spans, clock, stages };
}

it('begins a stage where the one before it ended', async () => {
  const { spans, clock, stages } = measured();
  await clock.advanceTo(CLOSE + 40);
  stages.ended({ stage: 'graph', bar: BAR, id: SIGNAL, after: '', sinceMs: CLOSE });
  await clock.advanceTo(CLOSE + 90);
  stages.ended({ stage: 'desk', bar: BAR, id: 'd', after: SIGNAL, sinceMs: CLOSE + 60 });
  expect(spans).toEqual([span('graph', [0, 40], { id: SIGNAL }), span('desk', [40, 90], { id: 'd' })]);
});

it('begins where the bus had the message, when another process ended the stage before', async () => {
  const here = measured();
  await here.clock.advanceTo(CLOSE + 90);
  here.stages.arrived(SIGNAL, CLOSE + 70);
  here.stages.ended({ stage: 'desk', bar: BAR, id: 'd', after: SIGNAL });
  expect(here.spans).toEqual([span('desk', [70, 90], { id: 'd' })]);
});

it('takes no time of a bus that has another clock', async () => {
  const here = measured(false);
  await here.clock.advanceTo(CLOSE + 90);
  here.stages.arrived(SIGNAL, CLOSE + 70);
  here.stages.ended({ stage: 'desk', bar: BAR, id: 'd', after: SIGNAL });
  expect(here.spans).toEqual([span('desk', [90, 90], { id: 'd' })]);
});

it('measures nothing twice, nothing backwards and nothing without a bar', async () => {
  const { spans, clock, stages } = measured();
  stages.ended({ stage: 'graph', bar: BAR, id: SIGNAL, after: '', sinceMs: CLOSE + 5 });
  await clock.advanceTo(CLOSE + 90);
  stages.ended({ stage: 'graph', bar: BAR, id: SIGNAL, after: '' });
  stages.ended({ stage: 'desk', bar: null, id: 'd', after: SIGNAL });
  expect(spans).toEqual([span('graph', [5, 5], { id: SIGNAL })]);
});

it('knows when event time passed each minute, also those that it leapt over', async () => {
  const { clock, stages } = measured();
  stages.passed(Number.NEGATIVE_INFINITY);
  stages.passed(CLOSE - 1);
  await clock.advanceTo(CLOSE + 2_000);
  stages.passed(CLOSE + 1);
  await clock.advanceTo(CLOSE + 190_000);
  stages.passed(CLOSE + 180_500);
  const after = [0, 60_000, 120_000, 180_000, 240_000].map((ms) => stages.passedAt(CLOSE + ms));
  const [first, leapt] = [CLOSE + 2_000, CLOSE + 190_000];
  expect(after).toEqual([first, leapt, leapt, leapt, undefined]);
});
