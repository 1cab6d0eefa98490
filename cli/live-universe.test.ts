import { expect, it } from 'vitest';
import { ManualClock } from '../connectors/clock/manual.ts';
import { market } from '../connectors/universe/universe.fixture.ts';
import { UpstreamError } from '../schemas/errors.ts';
import { UniverseOptions } from '../schemas/universe-options.ts';
import { LiveUniverse } from './live-universe.ts';

const OPTIONS = UniverseOptions.parse({ size: 3, margin: 1, refreshMinutes: 15 });

async function universe(answers: { isAway?: boolean; never?: boolean; count?: number }) {
  const clock = new ManualClock(Date.UTC(2026, 2, 1));
  const lines: string[] = [];
  const ask = async <T>(answer: () => T): Promise<T> => {
    if (answers.never) await new Promise(() => {});
    if (answers.isAway) throw new UpstreamError('The exchange is away.');
    return answer();
  };
  const rest = {
    instruments: () => ask(() => market(answers.count ?? 5).instruments),
    turnovers: () => ask(() => market(answers.count ?? 5).turnovers),
  };
  const opening = LiveUniverse.open({
    rest,
    options: OPTIONS,
    clock,
    fallback: ['BTCUSDT'],
    notice: (line) => lines.push(line),
  });
  if (answers.never) await clock.advanceTo(clock.now() + 10_000);
  const opened = await opening;
  const followed: (readonly string[])[] = [];
  opened.follow((symbols) => followed.push(symbols));
  const pass = async (ms: number) => {
    await new Promise(setImmediate);
    await clock.advanceTo(clock.now() + ms);
    await new Promise(setImmediate);
  };
  return { opened, pass, lines, followed };
}

it('begins with the first by turnover, and follows what changes', async () => {
  const answers = { count: 3 };
  const { opened, pass, lines, followed } = await universe(answers);
  expect(opened.symbols).toEqual(['S00', 'S01', 'S02']);
  answers.count = 2;
  await pass(16 * 60_000);
  expect(followed).toEqual([
    ['S00', 'S01', 'S02'],
    ['S00', 'S01'],
  ]);
  expect(lines).toEqual([
    'Following 3 symbols by turnover: S00, S01, S02.',
    'Following 2 symbols by turnover. Removed: S02, since it is not listed any more.',
  ]);
  await opened.stop();
});

it.each([{ isAway: true }, { never: true }])(
  'begins with the fixed list where REST is away: %o',
  async (away) => {
    const answers: { isAway?: boolean; never?: boolean } = { ...away };
    const { opened, pass, lines, followed } = await universe(answers);
    expect(opened.symbols).toEqual(['BTCUSDT']);
    expect(lines[0]).toMatch(/^Following BTCUSDT until the exchange tells turnovers: /);
    if (!answers.never) {
      answers.isAway = false;
      await pass(60_000);
      expect(followed).toEqual([['S00', 'S01', 'S02']]);
      await opened.stop();
    }
  },
);
