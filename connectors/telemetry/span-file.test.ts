import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { span } from './span.fixture.ts';
import { readSpans, SpanFile, spanFiles } from './span-file.ts';

const newPath = () => join(mkdtempSync(join(tmpdir(), 'spans-')), 'traces.ndjson');
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => span('relay', [i, i + 1], { id: `r${from + i}` }));

it('gives back what it was told, with the clock of the run that told it', async () => {
  const path = newPath();
  for (const [clockTitle, ids] of [
    ['A', [0, 3]],
    ['B', [3, 5]],
  ] as const) {
    const file = new SpanFile({ path, clockTitle });
    for (const one of numbered(ids[0], ids[1])) file.record(one);
    await file.close();
  }
  const read = await readSpans(path);
  expect(read.map(({ clockTitle, attributes }) => clockTitle + attributes.id).join(' ')).toBe(
    'Ar0 Ar1 Ar2 Br3 Br4',
  );
});

it('stays within its bytes and keeps the newest', async () => {
  const path = newPath();
  const file = new SpanFile({ path, clockTitle: 'A', maxBytes: 20_000 });
  for (let batch = 0; batch < 40; batch++) {
    for (const one of numbered(batch * 10, batch * 10 + 10)) file.record(one);
    await file.close();
  }
  const bytes = spanFiles(path).map((each) => statSync(each).size);
  expect(bytes[0]! + bytes[1]!).toBeLessThan(21_000);
  const ids = (await readSpans(path)).map(({ attributes }) => Number(attributes.id.slice(1)));
  expect(ids.at(-1)).toBe(399);
  expect(ids).toEqual(Array.from({ length: ids.length }, (_, i) => 400 - ids.length + i));
  expect(ids.length).toBeGreaterThan(50);
});

it('is read past what a killed process left half written, and past a stage measured twice', async () => {
  const path = newPath();
  const file = new SpanFile({ path, clockTitle: 'A' });
  file.record(span('desk', [10, 20], { id: 'd' }));
  await file.close();
  const noStage = JSON.stringify({ ...span('desk', [0, 9], { id: 'n' }), stage: 'toString' });
  appendFileSync(path, `{"stage":"desk"}\n\n${noStage}\n{"traceId":"x","st`);
  const next = new SpanFile({ path, clockTitle: 'B' });
  next.record(span('desk', [10, 900], { id: 'd' }));
  next.record(span('fill', [20, 30], { id: 'f' }));
  await next.close();
  expect((await readSpans(path)).map(({ stage, endMs, startMs }) => [stage, endMs - startMs])).toEqual([
    ['desk', 10],
    ['fill', 10],
  ]);
  expect(await readSpans(newPath())).toEqual([]);
});

it('drops and says so once where the disk takes nothing, and goes on when it does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spans-'));
  const path = join(folder, 'gone', 'traces.ndjson');
  const told: string[] = [];
  const file = new SpanFile({ path, clockTitle: 'A', onTrouble: (line) => told.push(line) });
  for (const one of numbered(0, 3)) {
    file.record(one);
    await file.close();
  }
  expect([file.dropped, told.length]).toEqual([3, 1]);
  expect(told[0]).toMatch(/^Traces are not kept: ENOENT/);
  mkdirSync(join(folder, 'gone'));
  file.record(numbered(3, 4)[0]!);
  await file.close();
  expect(readFileSync(path, 'utf8').split('\n').filter(Boolean)).toHaveLength(2);
});

it('drops what comes faster than the disk can take it', async () => {
  const file = new SpanFile({ path: newPath(), clockTitle: 'A' });
  for (const one of numbered(0, 10_003)) file.record(one);
  expect(file.dropped).toBe(3);
  await file.close();
});
