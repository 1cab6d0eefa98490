import { type ChildProcess, spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { venueAdapter } from '../connectors/exchanges/adapters.ts';
import { type RunningTwin, startExchangeTwin } from '../connectors/exchanges/simulated/twin-server.ts';
import { ManualLease } from '../connectors/lease/manual.ts';
import { unlisted } from '../connectors/metrics/exposition.fixture.ts';
import { Published } from '../connectors/relay/published.fixture.ts';
import type { RelayFlags } from './relay-flags.ts';
import { RelayHealth, type RelayReport } from './relay-health.ts';
import { RelayService, type RelayServiceOptions } from './relay-service.ts';
import { runRecord, runRelay } from './run-relay.ts';
import { runReplayFrames } from './run-replay-frames.ts';

const CST = resolve(import.meta.dirname, 'main.ts');
const newFolder = () => mkdtempSync(join(tmpdir(), 'relay-'));
const closers: (() => Promise<unknown>)[] = [];
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function twin(): Promise<RunningTwin> {
  const running = await startExchangeTwin({ seed: 1, clock: systemClock, symbols: { bybit: SYMBOLS } });
  closers.push(() => running.close());
  return running;
}

async function service(exchange: RunningTwin, options: Partial<RelayServiceOptions> = {}) {
  const lines: string[] = [];
  const bus = new Published();
  const running = await RelayService.open({
    adapter: venueAdapter('bybit', exchange.address('bybit')),
    follow: SYMBOLS,
    bus,
    clock: systemClock,
    copies: 1,
    spillDir: null,
    record: null,
    lease: null,
    code: 'test',
    status: { port: 0, host: '127.0.0.1' },
    log: (severity, message) => lines.push(`${severity} ${message}`),
    ...options,
  });
  closers.push(() => running.stop());
  return { running, bus, lines };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await systemClock.until(systemClock.now() + 10);
}

const areUp = ({ running }: { running: RelayService }) =>
  running.report().symbols.every(({ connected }) => connected);

describe('a relay as a service', () => {
  it('tells how it is, in JSON and in the words of Prometheus', async () => {
    const on = await service(await twin(), { record: { dir: newFolder(), retention: {} } });
    await until(() => areUp(on) && on.bus.of('book-snapshots').length > 0);
    const health = await fetch(`${on.running.url}healthz`);
    expect([health.status, await health.json()]).toMatchObject([
      200,
      {
        status: 'ok',
        reasons: [],
        role: 'alone',
        symbols: 2,
        connected: 2,
        reconnects: 0,
        connections: [{ connection: 0, isOpen: true, problem: null }],
        recording: { isRecording: true, problem: null },
      },
    ]);
    const metrics = await fetch(`${on.running.url}metrics`);
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await metrics.text();
    expect(text).toContain('cst_relay_stream_connected{venue="bybit",symbol="BTCUSDT"} 1\n');
    expect(text).toContain('cst_relay_symbols{venue="bybit"} 2\n');
    expect(text).toContain('# TYPE cst_relay_outbox_published_total counter\n');
    expect(text).toMatch(/^cst_relay_clock_offset_seconds\{venue="bybit"\} [\d.e-]+$/m);
    expect(text).not.toContain('cst_relay_lease_active{');
    expect(unlisted(text)).toEqual([]);
  });

  it('counts what it could not read, by reason', async () => {
    const exchange = await twin();
    const on = await service(exchange);
    await until(() => areUp(on));
    exchange.inject([{ kind: 'garbage', venue: 'bybit', afterMs: 0, amount: 3 }]);
    await until(() => on.running.report().unreadableFrames >= 3);
    const text = await (await fetch(`${on.running.url}metrics`)).text();
    expect(text).toMatch(/^cst_relay_dead_letters_total\{venue="bybit",reason="[^"]+"\} 3$/m);
  });

  it('is one of a pair: one publishes, the other stands by and takes over', async () => {
    const exchange = await twin();
    const lease = new ManualLease(systemClock);
    const pair = [
      await service(exchange, { lease: { port: lease, holder: 'a', ttlMs: 900 } }),
      await service(exchange, { lease: { port: lease, holder: 'b', ttlMs: 900 } }),
    ] as const;
    const rolesOf = () =>
      Promise.all(
        pair.map(async ({ running }) => ((await (await fetch(running.url)).json()) as { role: string }).role),
      );
    await until(() => pair.every(areUp) && pair[0].bus.of('raw-tick-data').length > 0);
    expect(await rolesOf()).toEqual(['active', 'standby']);
    expect(pair[1].bus.of('raw-tick-data')).toEqual([]);
    await pair[0].running.stop();
    await until(() => pair[1].bus.of('raw-tick-data').length > 0);
    expect(pair[1].running.report().standby).toMatchObject({ isActive: true, takeovers: 1 });
  });

  it.each([false, true])(
    'goes on where recording ends, unless that is all it is for: %s',
    async (isVital) => {
      const dir = newFolder();
      const on = await service(await twin(), { record: { dir, retention: {}, isVital } });
      rmSync(join(dir, 'bybit'), { recursive: true });
      writeFileSync(join(dir, 'bybit'), 'in the way');
      const failed = on.running.failed.catch((error: Error) => error.message);
      await until(() => on.running.report().recording?.isRecording === false);
      if (isVital) expect(await failed).toMatch(/Expected to read and write .*bybit/);
      else expect(on.lines.join('\n')).toMatch(/ERROR RECORDING HAS ENDED, the relay goes on: .*bybit/);
      const { length } = on.bus.of('book-snapshots');
      await until(() => on.bus.of('book-snapshots').length > length);
    },
  );

  it('closes all that it opened where a part cannot be opened', async () => {
    const exchange = await twin();
    const first = await service(exchange);
    const { port } = new URL(first.running.url);
    await expect(service(exchange, { status: { port: Number(port), host: '127.0.0.1' } })).rejects.toThrow(
      /Cannot serve health/,
    );
    await first.running.stop();
    await until(() => exchange.clients() === 0);
  });
});

describe('the health of a relay', () => {
  const report = (change: {
    isOpen?: boolean;
    bus?: string;
    lease?: string | null;
    ageMs?: number;
    published?: number;
  }): RelayReport =>
    ({
      venue: 'bybit',
      symbols: [{ connected: change.isOpen ?? true, isHalted: false }],
      connections: [{ connection: 0, isOpen: change.isOpen ?? true, opens: 1, problem: 'It is away.' }],
      outbox: {
        lastError: change.bus ?? null,
        oldestAgeMs: change.ageMs ?? null,
        published: change.published ?? 0,
      },
      standby: change.lease === undefined ? null : { isActive: false, problem: change.lease },
    }) as unknown as RelayReport;

  it.each([
    ['no connection', { isOpen: false }, 60_000, /^No connection: It is away\. \(for 1 min 0 s\)$/],
    ['a bus that refuses', { bus: 'The bus is away.' }, 30_000, /^The bus is away\. \(for 30\.0 s\)$/],
    ['a bus that hangs', { ageMs: 5_000 }, 30_000, /^The bus takes nothing/],
    ['a lease that cannot be reached', { lease: 'No lease.' }, 30_000, /^No lease\. \(for 30\.0 s\)$/],
  ])(
    'is bad once there has been %s for long enough, and good again at once',
    (_, change, afterMs, reason) => {
      const health = new RelayHealth();
      health.look(report(change), 1_000);
      expect(health.reasons(1_000 + afterMs - 1)).toEqual([]);
      health.look(report(change), 1_000 + afterMs);
      expect(health.reasons(1_000 + afterMs)).toEqual([expect.stringMatching(reason)]);
      health.look(report({}), 2_000 + afterMs);
      expect(health.reasons(2_000 + afterMs)).toEqual([]);
    },
  );

  it('is good where a bus takes what has waited for long', () => {
    const health = new RelayHealth();
    for (let published = 0; published < 60; published++) {
      health.look(report({ ageMs: 300_000, published }), 1_000 * published);
    }
    expect(health.reasons(60_000)).toEqual([]);
  });

  it('is good where it stands by, and bad while it stops', () => {
    const health = new RelayHealth();
    health.look(report({ lease: null, ageMs: 60_000 }), 0);
    expect(health.reasons(1e9)).toEqual([]);
    health.stopping();
    expect(health.reasons(1e9)).toEqual(['It is stopping.']);
  });
});

const FLAGS: RelayFlags = { venue: 'bybit', copies: 1, bus: 'embedded', dir: '.cst' };

describe('cst relay and cst record', () => {
  it.each<[string, Partial<RelayFlags>, RegExp]>([
    [
      'a lease that is none',
      { lease: 'here' },
      /Expected --lease as file:PATH or gs:\/\/BUCKET\/OBJECT, got "here"/,
    ],
    ['a universe of spot pairs', { venue: 'kraken', universe: 5 }, /Expected --symbols with --venue kraken/],
    [
      'symbols and a universe',
      { symbols: ['BTCUSDT'], universe: 5 },
      /Expected --symbols or --universe, got both/,
    ],
    ['no project', { bus: 'pubsub', project: ' ' }, /Expected --project with --bus pubsub/],
    [
      'a project without its bus',
      { project: 'x' },
      /Expected --project with --bus pubsub, got --bus embedded/,
    ],
    ['an address that is none', { wsUrl: 'there' }, /Expected --ws-url as a URL, got "there"/],
    [
      'an address of something else',
      { restUrl: 'ws://127.0.0.1' },
      /Expected --rest-url with http:\/\/ or https:\/\/, got "ws:\/\/127.0.0.1"/,
    ],
    ['limits of nothing', { keepDays: 3 }, /Expected --record with --keep-days/],
  ])('refuses %s', async (_, flags, message) => {
    await expect(runRelay({ ...FLAGS, ...flags })).rejects.toThrow(message);
  });

  it('wants a folder to record to', async () => {
    await expect(runRecord(FLAGS)).rejects.toThrow('Expected the flag --out, e.g. --out frames.');
  });

  interface Started {
    readonly child: ChildProcess;
    readonly err: () => string;
    readonly exit: Promise<number | null>;
  }

  function cst(...words: string[]): Started {
    const child = spawn(process.execPath, [CST, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (bytes) => {
      text += bytes;
    });
    return { child, err: () => text, exit: new Promise((ended) => child.on('close', ended)) };
  }

  const toTwin = (exchange: RunningTwin) => {
    const { wsUrl, restUrl } = exchange.address('bybit');
    return ['--ws-url', wsUrl, '--rest-url', restUrl];
  };

  it('chooses its universe, drains at SIGTERM and ends with 0', async () => {
    const exchange = await twin();
    const started = cst('relay', '--universe', '1', ...toTwin(exchange), '--dir', newFolder());
    await until(() => /Connected to/.test(started.err()));
    started.child.kill('SIGTERM');
    expect(await started.exit).toBe(0);
    const lines = started.err().trim().split('\n');
    const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
    expect(messages[0]).toMatch(/^Following 1 symbols? by turnover: (BTC|ETH)USDT\.$/);
    expect(messages.at(-1)).toBe('Stopped: what was received is published.');
  });

  const segments = (dir: string) => globSync(join(dir, 'bybit', '*.zst')).sort();

  it('leaves a recording that replays, also where it is killed', async () => {
    const exchange = await twin();
    const [frames, out] = [newFolder(), newFolder()];
    const words = ['record', '--symbols', SYMBOLS.join(','), ...toTwin(exchange), '--out', frames];
    let runs = 0;
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const started = cst(...words);
      runs += 1;
      await until(() => segments(frames).length === runs);
      await until(() => statSync(segments(frames).at(-1)!).size > 10_000);
      started.child.kill(signal);
      await started.exit;
    }
    const written: string[] = [];
    const { write } = process.stdout;
    process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    try {
      await runReplayFrames({ frames, out, revisions: 'all', json: true });
    } finally {
      process.stdout.write = write;
    }
    const summary = JSON.parse(written.join('')) as Record<string, number>;
    expect(summary).toMatchObject({ runs: 2, partial: 0, deadLetters: 0, droppedLate: 0 });
    expect(summary.frames).toBeGreaterThan(50);
    // The second relay had the minute's first trades from REST once more.
    expect(summary.tradesInCandles! + summary.duplicates!).toBe(summary.trades);
    expect(readFileSync(join(out, 'market-candles.ndjson'), 'utf8')).toContain('"symbol":"BTCUSDT"');
  });
});
