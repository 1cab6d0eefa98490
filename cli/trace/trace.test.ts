import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { CLOSE, SIGNAL, span } from '../../connectors/telemetry/span.fixture.ts';
import { type KeptSpan, SPAN_FILE, SpanFile } from '../../connectors/telemetry/span-file.ts';
import { wayText } from './text.ts';
import { arrivalsOf, waysLike, waysOf } from './ways.ts';

const REFUSED = `champion:other:SOLUSDT:SHORT:${CLOSE}`;
const SPANS = [
  span('exchange', [0, 100], { id: 'taken', venue: 'bybit', symbol: 'SOLUSDT' }),
  span('relay', [100, 150], { id: 'last', venue: 'bybit', symbol: 'SOLUSDT' }),
  span('wait', [150, 2_100], { id: 'wait' }),
  span('graph', [2_100, 2_130], { id: SIGNAL, signal: SIGNAL }),
  span('graph', [2_100, 2_131], { id: REFUSED, signal: REFUSED }),
  ...[SIGNAL, REFUSED].map((signal) =>
    span('desk', [2_130, 2_150], {
      id: `${signal}:default:DECISION`,
      signal,
      book: 'default',
      outcome: signal === SIGNAL ? 'DECISION' : 'COOLDOWN',
      reason: 'So it is.',
    }),
  ),
  span('fill', [2_150, 2_160], {
    id: `${SIGNAL}:default:ENTRY`,
    signal: SIGNAL,
    book: 'default',
    outcome: 'ENTRY',
    reason: 'LONG 1 at 2.',
  }),
  span('notifier', [2_160, 2_170], { id: 'outbox', signal: SIGNAL }),
  span('telegram', [2_170, 2_500], { id: 'alert', signal: SIGNAL, chat: '42', outcome: 'SENT', message: 7 }),
  span('chart', [2_500, 3_000], { id: 'chart', signal: SIGNAL, chat: '42', outcome: 'SENT' }),
];
const kept = (spans = SPANS): KeptSpan[] => spans.map((each) => ({ ...each, clockTitle: 'a clock' }));
const plain = (columns: number) => ({ columns, paint: (_: string, text: string) => text });
const textOf = (signal: string, columns: number, spans = kept()) =>
  wayText(waysLike(waysOf(spans), signal)[0]!, plain(columns));

describe('the way of a signal', () => {
  it('is that of its bar and its own, and adds up', () => {
    const [way] = waysLike(waysOf(kept()), SIGNAL);
    expect(way!.spans.map(({ stage }) => stage)).toEqual([
      ...['exchange', 'relay', 'wait', 'graph', 'desk', 'fill', 'notifier', 'telegram', 'chart'],
    ]);
    expect(arrivalsOf(way!)).toEqual([{ chat: '42', outcome: 'SENT', ms: 2_500 }]);
    expect(way!.missing).toEqual([]);
  });

  it('is found by signal, position event, trace, and the beginning of one', () => {
    const found = (name: string) => waysLike(waysOf(kept()), name).map(({ signal }) => signal);
    expect(found(SIGNAL)).toEqual([SIGNAL]);
    expect(found(`${SIGNAL}:default:ENTRY`)).toEqual([SIGNAL]);
    expect(found('champion:other')).toEqual([REFUSED]);
    expect(found(SPANS[0]!.traceId.slice(0, 6)).toSorted()).toEqual([SIGNAL, REFUSED]);
    expect(found('nothing')).toEqual([]);
  });

  it('says which stages were measured elsewhere', () => {
    const [way] = waysOf(kept(SPANS.filter(({ attributes }) => attributes.signal === SIGNAL)));
    expect(way!.missing).toEqual(['exchange', 'relay', 'wait']);
  });

  it('of a swing begins with its slot', () => {
    const swing = `SOLUSDT:LONG:${CLOSE}`;
    const macro = [span('macro', [0, 10_000], { id: swing, signal: swing }), ...SPANS];
    expect(waysLike(waysOf(kept(macro)), swing)[0]).toMatchObject({
      spans: [{ stage: 'macro' }],
      missing: [],
    });
  });
});

describe('its picture', () => {
  it('shows each stage where it lies, with share and words', () => {
    expect(textOf(SIGNAL, 80).split('\n')).toEqual([
      SIGNAL,
      'SOLUSDT · bar closed 2026-01-05 09:30:00Z',
      `trace ${SPANS[0]!.traceId}`,
      'clock a clock',
      '',
      'exchange      100 ms   4 %  ▊                      all of the bar is here, from…',
      'relay          50 ms   2 %  ▍                      on the bus',
      'wait        1,950 ms  78 %   █████████████▋        for late trades',
      'graph          30 ms   1 %                ▎        signal published',
      'desk           20 ms   1 %                ▏        default: So it is.',
      'fill           10 ms   0 %                 ▏       default: LONG 1 at 2.',
      'notifier       10 ms   0 %                 ▏       alert in the outbox',
      'telegram      330 ms  13 %                 ██▎     chat 42: SENT, message 7',
      'chart         500 ms                         ███▌  chat 42: SENT',
      '',
      '2,500 ms from bar close to SENT in chat 42 (1,950 ms of it the wait for late',
      'trades)',
    ]);
  });

  it('says why there was no alert', () => {
    expect(textOf(REFUSED, 100)).toContain(
      'no alert; 2,150 ms since bar close (1,950 ms of it the wait for late trades)\ndefault refused, COOLDOWN: So it is.',
    );
  });

  it('fits its terminal, however narrow', () => {
    for (const columns of [40, 50, 80, 120, 200]) {
      const lines = textOf(SIGNAL, columns).split('\n').slice(5);
      expect(Math.max(...lines.map(({ length }) => length)), `${columns}`).toBeLessThanOrEqual(columns);
    }
  });
});

it('takes a stage that another clock has before bar close', () => {
  const early = span('relay', [-900, 150], { id: 'early' });
  expect(textOf(SIGNAL, 80, kept([...SPANS, early]))).toContain('relay       1,050 ms  42 %  ███████▍');
});

describe('cst trace', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cst-trace-'));
  const run = (...words: string[]) => {
    const main = resolve(import.meta.dirname, '../main.ts');
    return promisify(execFile)(process.execPath, [main, 'trace', ...words], {
      env: { ...process.env, NO_COLOR: '1' },
    })
      .then(({ stdout }) => ({ code: 0, stdout, stderr: '' }))
      .catch((error: { code: number; stdout: string; stderr: string }) => error);
  };

  beforeAll(async () => {
    mkdirSync(join(dir, 'simulated'));
    const file = new SpanFile({ path: join(dir, 'simulated', SPAN_FILE), clockTitle: 'a clock' });
    for (const one of SPANS) file.record(one);
    await file.close();
  });

  it('lists, shows, gives JSON, and ends with 2 where there is nothing of that name', async () => {
    const [list, json, nothing, nowhere] = await Promise.all([
      run('--dir', dir),
      run(SIGNAL, '--json', '--dir', dir),
      run('nope', '--dir', dir),
      run(SIGNAL, '--dir', join(dir, 'else')),
    ]);
    expect(list.stdout.split('\n')[0]).toBe(`2026-01-05 09:30:00Z  ${SIGNAL}  SENT 2,500 ms`);
    expect(JSON.parse(json.stdout)).toMatchObject({
      signal: SIGNAL,
      clock: 'a clock',
      arrivals: [{ ms: 2_500 }],
    });
    expect([nothing.code, nowhere.code]).toEqual([2, 2]);
    expect(nothing.stderr).toMatch(/got nope\. The newest: champion.* \(code 2\)/);
    expect(nowhere.stderr).toContain('cst start keeps it in its --dir');
  });

  it('writes no control characters of its file to a terminal', async () => {
    const other = mkdtempSync(join(tmpdir(), 'cst-trace-'));
    const file = new SpanFile({ path: join(other, SPAN_FILE), clockTitle: 'a\u001b[2Jclock' });
    const id = `\u001b]0;mine\u0007:SOLUSDT:SHORT:${CLOSE}`;
    file.record(span('graph', [0, 1], { id, signal: id }));
    file.record(
      span('desk', [1, 2], { id: `${id}:a`, signal: id, book: 'a', outcome: 'NO', reason: 'up\n\u009b1A' }),
    );
    await file.close();
    const texts = await Promise.all([run('--dir', other), run(id, '--dir', other), run('x', '--dir', other)]);
    for (const { stdout, stderr } of texts) expect(stdout + stderr).toMatch(/^[^\p{Cc}]*(\n[^\p{Cc}]*)*$/u);
    expect(texts[1]!.stdout).toContain('a refused, NO: up �1A');
  });
});
