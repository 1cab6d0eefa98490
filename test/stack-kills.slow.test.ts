/** The whole platform killed at random moments, over and over: what the desk did and what was told of it happened once. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acceleratedClock } from '../connectors/clock/accelerated.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { startSimulatedExchange } from '../connectors/exchanges/simulated/server.ts';
import { Random } from '../connectors/random.ts';
import { readSpans, SPAN_FILE } from '../connectors/telemetry/span-file.ts';
import { PositionEvent } from '../schemas/position-event.ts';

const SYMBOLS = ['SOLUSDT', 'XRPUSDT', 'ADAUSDT'];
const START = Date.UTC(2026, 0, 5, 9, 26);
const SPEED = 60;
const KILLS = 5;
const CHILD = join(import.meta.dirname, 'stack-kills', 'child.fixture.ts');

type Event = PositionEvent & { readonly messageId: string };

function linesOf(path: string): Record<string, unknown>[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  // A kill may cut a line of ours.
  return lines.flatMap((line) => (line.endsWith('}') ? JSON.parse(line) : []));
}

/** Of the bus, by the order of its messages; a message that came again is one. */
function eventsOf(dir: string): Event[] {
  const told = linesOf(join(dir, 'events.ndjson')).map((line) => ({
    ...PositionEvent.parse(line),
    messageId: String(line.messageId),
  }));
  return [...new Map(told.map((event) => [event.messageId, event])).values()];
}

/** What it said last. Killed so long after it said that it lives; null: asked to end once the desk has so many exits. */
async function live(options: object, killAfterMs: number | null, isEnough: () => boolean): Promise<string> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, errors] = ['', ''];
  child.stderr.on('data', (bytes) => {
    errors += bytes;
  });
  const ended = new Promise<number | null>((end) => child.on('close', end));
  await new Promise<void>((alive) => {
    child.stdout.on('data', (bytes) => {
      said += bytes;
      alive();
    });
    child.on('close', () => alive());
  });
  expect(said, errors).toContain('alive');
  if (killAfterMs !== null) {
    await systemClock.until(systemClock.now() + killAfterMs);
    child.kill('SIGKILL');
  } else {
    while (!isEnough() && child.exitCode === null) await systemClock.until(systemClock.now() + 100);
    expect(child.exitCode, errors).toBeNull();
    child.kill('SIGTERM');
  }
  await ended;
  return said.trim().split('\n').at(-1)!;
}

it(`enters, exits and tells once, over ${KILLS} kills`, { timeout: 400_000 }, async () => {
  const originMs = systemClock.now();
  const clock = acceleratedClock({ start: START, speed: SPEED, base: systemClock });
  const exchange = await startSimulatedExchange({ seed: 1, clock, symbols: SYMBOLS });
  const dir = mkdtempSync(join(tmpdir(), 'stack-kills-'));
  const options = {
    dir,
    wsUrl: exchange.wsUrl,
    restUrl: exchange.httpUrl,
    symbols: SYMBOLS,
    originMs,
    startMs: START,
    speed: SPEED,
  };
  const random = new Random(5);
  for (let kill = 0; kill < KILLS; kill++) await live(options, random.whole(500, 12_000), () => true);
  const exits = () => eventsOf(dir).filter(({ kind }) => kind === 'EXIT').length;
  const before = exits();
  const last = await live(options, null, () => exits() > before + 1);
  await exchange.close();

  const events = eventsOf(dir);
  const ids = events.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const entries = events.filter(({ kind }) => kind === 'ENTRY');
  expect(entries.length).toBeGreaterThan(1);

  for (const pair of SYMBOLS) {
    const ofBook = events.filter((event) => event.pair === pair && event.book !== undefined);
    const story = ofBook.filter(({ kind }) => kind !== 'DECISION');
    story.forEach((event, i) => {
      expect(event.kind).toBe(i % 2 === 0 ? 'ENTRY' : 'EXIT');
      if (i % 2 === 1) expect(event.signalId).toBe(story[i - 1]!.signalId);
    });
  }

  const [book] = JSON.parse(last).books;
  const made = events.reduce((sum, { pnl }) => sum + (pnl ?? 0), 10_000);
  expect(book.equity).toBeCloseTo(made, 6);
  const closed = new Set(events.filter(({ kind }) => kind === 'EXIT').map(({ signalId }) => signalId));
  const open = entries.map(({ signalId }) => signalId).filter((id) => !closed.has(id));
  expect(book.positions.map(({ signalId }: { signalId: string }) => signalId).toSorted()).toEqual(
    open.toSorted(),
  );

  const spans = linesOf(join(dir, SPAN_FILE)).filter((line) => 'stage' in line);
  const kept = await readSpans(join(dir, SPAN_FILE));
  // A graph that begins again publishes what it is not sure of, and so measures it again; a desk, what it had not crossed off.
  const again = (stages: readonly string[]) => {
    const count = (all: readonly { stage?: unknown }[]) =>
      all.filter(({ stage }) => stages.includes(String(stage))).length;
    return count(spans) - count(kept);
  };
  const ofGraph = kept.filter(({ stage }) => stage === 'wait' || stage === 'graph').length;
  expect(again(['wait', 'graph'])).toBeLessThanOrEqual(ofGraph);
  expect(again(['exchange', 'relay'])).toBeLessThanOrEqual(2 * SYMBOLS.length * KILLS);
  expect(again(['desk', 'fill', 'notifier', 'telegram', 'chart'])).toBeLessThanOrEqual(KILLS);
  const filled = kept.filter(({ stage }) => stage === 'fill').map(({ attributes }) => attributes.id);
  const entered = new Set(entries.map(({ id }) => id));
  expect(filled.filter((id) => !entered.has(id))).toEqual([]);
  expect(filled.length).toBeGreaterThanOrEqual(entered.size - KILLS);

  const alerts = linesOf(join(dir, 'alerts', 'messages.ndjson'))
    .filter(({ kind }) => kind === 'text')
    .flatMap(({ html }) => /"id": ?"((?:sr-exhaustion|champion):[^"]+)"/.exec(String(html))?.[1] ?? []);
  expect(new Set(alerts).size).toBe(alerts.length);
  const ofPair = (ids: readonly string[], pair: string) => ids.filter((id) => id.split(':')[2] === pair);
  for (const pair of SYMBOLS) {
    const [told, entered] = [
      ofPair(alerts, pair),
      ofPair(
        entries.map(({ signalId }) => signalId),
        pair,
      ),
    ];
    // One that came as it was asked to end is told by the next.
    expect(entered.length - told.length).toBeLessThan(2);
    expect(told).toEqual(entered.slice(0, told.length));
  }
});
