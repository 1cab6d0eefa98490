import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { openDuckDbHistory } from '../../connectors/history/duckdb.ts';
import { OwnedRows } from '../../connectors/state/owned.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { Book, newBook, type Position } from '../../functions/trade-desk/state.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import { stackStatus } from '../status.fixture.ts';
import { version } from '../version.ts';
import { stateFindings } from './state.ts';

const NOW = Date.UTC(2026, 0, 10);
/** Beyond what Linux gives to processes. */
const DEAD = 2 ** 22 + 1;
const newFolder = () => mkdtempSync(join(tmpdir(), 'doctor-'));
const look = (dir: string) => stateFindings([dir], new ManualClock(NOW));

/** Folder of stacks in which one was. */
function stackFolder(name = 'live'): { dir: string; live: string } {
  const dir = newFolder();
  mkdirSync(join(dir, name, 'bus'), { recursive: true });
  return { dir, live: join(dir, name) };
}

function status(folder: string, kept: Record<string, unknown>): void {
  const [writtenMs, startedMs] = [NOW - 1_000, NOW - DAY_MS];
  const all = {
    pid: DEAD,
    version: version(),
    startedMs,
    writtenMs,
    isStopped: true,
    lastSignal: null,
    status: null,
  };
  writeFileSync(join(folder, 'status.json'), JSON.stringify({ ...all, ...kept }));
}

const WAITING = stackStatus({ alerts: { sent: 1, waiting: 12, charts: 0 } });

const POSITION: Position = {
  signalId: 's',
  venue: 'bybit',
  symbol: 'BTCUSDT',
  pair: 'BTCUSDT',
  side: 'LONG',
  status: 'OPEN',
  entry: 100,
  size: 1,
  tp: 101,
  sl: 99,
  leverage: 5,
  halved: false,
  signalEntry: 100,
  expiresAt: NOW,
  since: NOW - DAY_MS,
  entryFee: 0,
  account: null,
};

async function keepBook(folder: string, positions: readonly Position[]): Promise<void> {
  const store = await openSqliteStore({ path: join(folder, 'state.sqlite'), clock: systemClock });
  const book = { ...newBook('default', 1_000), positions: [...positions] };
  await new OwnedRows(store, 'desk-book', Book).replace(['default'], 0, book);
  await store.close();
}

it('is nothing, or sound', async () => {
  expect(await look(join(tmpdir(), 'nowhere'))).toMatchObject([
    { level: 'ok', what: expect.stringMatching(/^nothing is kept in /) },
  ]);
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  expect(await look(file)).toMatchObject([{ level: 'ok' }]);
  const { dir, live } = stackFolder();
  status(live, {});
  await keepBook(live, []);
  await (await openDuckDbHistory({ path: join(live, 'history.duckdb') })).close();
  const names = readdirSync(live);
  expect(await look(dir)).toEqual([
    { check: 'state', level: 'ok', what: `${live} is sound`, why: null, remedy: null },
  ]);
  expect(readdirSync(live)).toEqual(names);
});

describe('of a stack that runs', () => {
  async function running(kept: Record<string, unknown> | null) {
    const { dir, live } = stackFolder();
    writeFileSync(join(live, 'state.sqlite'), 'damaged'.repeat(1_000));
    if (kept !== null) status(live, { isStopped: false, ...kept });
    const bus = await openEmbeddedBus({ dir: join(live, 'bus'), clock: systemClock });
    const findings = await look(dir);
    await bus.close();
    return findings.map(({ level, what, remedy }) => ({ level, what: what.replace(live, 'LIVE'), remedy }));
  }
  const [level, pid] = ['ok', process.pid];

  it('is left alone', async () => {
    const beginning = [{ level, what: 'LIVE is used by a stack that runs', remedy: null }];
    expect(await running(null)).toEqual(beginning);
    expect(await running({ pid: DEAD })).toEqual(beginning);
    expect(await running({ pid })).toEqual([
      { level, what: `LIVE is used by a stack that runs (process ${pid})`, remedy: null },
    ]);
  });

  it('is told where that hangs, or is of another version', async () => {
    expect(await running({ pid, writtenMs: NOW - 300_000 })).toMatchObject([
      {
        level: 'warning',
        what: `the stack in LIVE (process ${pid}) has not told of itself for 5 min 0 s`,
        remedy: expect.stringContaining(`kill ${pid}`),
      },
    ]);
    expect(await running({ pid, version: '0.0.1' })).toMatchObject([
      { level: 'warning', what: expect.stringContaining('is of version 0.0.1, this program of') },
    ]);
  });
});

describe('that cannot be read', () => {
  it.each(['live/state.sqlite', 'live/history.duckdb', 'history.duckdb', 'relay/history.duckdb'])(
    'is damaged in %s: which file, and where to put it',
    async (name) => {
      const dir = newFolder();
      const path = join(dir, name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, 'damaged'.repeat(1_000));
      const [finding, ...others] = await look(dir);
      expect(others).toEqual([]);
      expect(finding).toMatchObject({
        level: 'stop',
        remedy: expect.stringContaining(`mv ${path} damaged/`),
      });
      expect(finding!.what).toContain(`${path} cannot be read: `);
    },
  );

  it('is damaged in a block of its history', async () => {
    const { dir, live } = stackFolder();
    const path = join(live, 'history.duckdb');
    await (await openDuckDbHistory({ path })).close();
    const bytes = readFileSync(path);
    // Behind the checksum of the first header.
    bytes[4_104]! ^= 0xff;
    writeFileSync(path, bytes);
    expect(await look(dir)).toMatchObject([
      { level: 'stop', what: expect.stringMatching(/cannot be read: .*checksum.* in block/) },
    ]);
  });

  it('is damaged in a message of its bus', async () => {
    const { dir, live } = stackFolder();
    const topic = join(live, 'bus/raw-tick-data');
    mkdirSync(topic);
    const path = join(topic, '0000000000000000.log');
    for (const name of [path, join(topic, '0000000000000001.log')]) writeFileSync(name, 'damaged'.repeat(10));
    expect(await look(dir)).toMatchObject([
      {
        level: 'stop',
        what: expect.stringContaining(`truncate -s 0 ${path}`),
        remedy: expect.stringContaining(`mv ${join(live, 'bus')} damaged/`),
      },
    ]);
  });

  it('is no stop where the next simulation removes it', async () => {
    const { dir, live } = stackFolder('simulated');
    writeFileSync(join(live, 'state.sqlite'), 'damaged'.repeat(1_000));
    expect(await look(dir)).toMatchObject([
      { level: 'warning', why: expect.stringContaining('begins afresh') },
    ]);
  });

  it.each(['state.sqlite', 'tasks.sqlite', 'outbox.sqlite'])('is of another version in %s', async (name) => {
    const { dir, live } = stackFolder();
    const database = new DatabaseSync(join(live, name));
    database.exec('CREATE TABLE cells (key TEXT); PRAGMA user_version = 99');
    database.close();
    expect(await look(dir)).toMatchObject([
      {
        level: 'stop',
        what: expect.stringMatching(/ is of another version: Expected .* of version 1 in /),
        remedy: expect.stringContaining(`mv ${join(live, name)} damaged/`),
      },
    ]);
  });

  it('is of another version in its books, and in its tables', async () => {
    const { dir, live } = stackFolder();
    await keepBook(live, []);
    const database = new DatabaseSync(join(live, 'state.sqlite'));
    database.exec(`UPDATE cells SET value = '{"book":"default"}' WHERE cell = 'value'`);
    database.close();
    const path = join(live, 'history.duckdb');
    await (await openDuckDbHistory({ path })).close();
    const instance = await DuckDBInstance.create(path);
    await (await instance.connect()).run('ALTER TABLE candles ALTER "trades" TYPE VARCHAR');
    instance.closeSync();
    const findings = await look(dir);
    expect(findings.map(({ level, what }) => [level, what])).toEqual([
      ['stop', expect.stringContaining('Expected books of the desk in')],
      ['stop', expect.stringContaining('Expected column "trades" of table candles in')],
    ]);
  });

  it('is a status of something else', async () => {
    const { dir, live } = stackFolder();
    writeFileSync(join(live, 'status.json'), '{');
    expect(await look(dir)).toMatchObject([
      { level: 'warning', remedy: expect.stringContaining(`rm ${join(live, 'status.json')}`) },
    ]);
  });
});

describe('of a stack that is over', () => {
  it('was killed: what it said last, and how it goes on', async () => {
    const { dir, live } = stackFolder();
    await keepBook(live, []);
    status(live, { isStopped: false, writtenMs: NOW - 3_600_000 });
    expect(await look(dir)).toMatchObject([
      {
        level: 'warning',
        what: `the stack in ${live} (process ${DEAD}) was killed, or died, 1 h 0 min ago, at 2026-01-09T23:00:00.000Z`,
        remedy: `cst logs --dir ${live} tells its last words; cst start --live --dir ${dir} goes on from there`,
      },
    ]);
  });

  it('has positions that nobody looks after', async () => {
    const { dir, live } = stackFolder();
    status(live, { writtenMs: NOW - 3 * DAY_MS });
    await keepBook(live, [POSITION, { ...POSITION, symbol: 'ETHUSDT', side: 'SHORT', status: 'WORKING' }]);
    expect(await look(dir)).toMatchObject([
      {
        level: 'warning',
        what: `open in ${live}, and looked after by nobody for 3 days: LONG BTCUSDT, SHORT ETHUSDT (resting)`,
        why: expect.stringMatching(/^They are paper/),
        remedy: `cst start --live --dir ${dir}`,
      },
    ]);
  });

  it('has positions on an account, where timeouts do not happen', async () => {
    const { dir, live } = stackFolder();
    status(live, {});
    const account: Position['account'] = {
      clientId: 'c',
      lives: 'now',
      size: 1,
      limit: 100,
      intended: 100,
      orderedAt: NOW,
      placedAt: NOW,
      ending: null,
      over: null,
      fills: [],
      closing: null,
      missingSince: null,
    };
    await keepBook(live, [{ ...POSITION, account }]);
    expect(await look(dir)).toMatchObject([
      {
        why: expect.stringMatching(/^TP and SL stand at the exchange/),
        remedy: expect.stringMatching(/or close them at the exchange$/),
      },
    ]);
  });

  it('has alerts that were not sent, and is old', async () => {
    const { dir, live } = stackFolder();
    await keepBook(live, []);
    status(live, { writtenMs: NOW - 8 * DAY_MS, status: WAITING });
    expect(await look(dir)).toMatchObject([
      { level: 'warning', what: `12 alerts of ${live} were not sent` },
      {
        level: 'warning',
        what: `no stack has run in ${live} for 8 days`,
        remedy: `cst start --live --dir ${dir} to go on, or begin afresh: mv ${live} ${live}.old`,
      },
    ]);
  });

  it('holds messages that wait for a bus', async () => {
    const { dir, live } = stackFolder('relay');
    mkdirSync(join(live, 'spill/raw-tick-data'), { recursive: true });
    writeFileSync(join(live, 'spill/raw-tick-data/500000000000.spill'), 'x'.repeat(7));
    // As a relay leaves it that was killed.
    writeFileSync(join(live, 'spill/lock-journal'), 'x'.repeat(512));
    expect(await look(dir)).toMatchObject([
      {
        level: 'warning',
        what: `7 bytes of messages wait in ${join(live, 'spill')}`,
        remedy: expect.stringContaining(`cst relay --dir ${live}`),
      },
    ]);
  });
});
