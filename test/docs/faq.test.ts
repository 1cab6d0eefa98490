/** Each error of the FAQ is provoked, and what is printed is what the FAQ says. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { errorLine } from '../../cli/errors.ts';
import { programOf, withSettings } from '../../cli/program.ts';
import { judgementLines } from '../../cli/tune/text.ts';
import { onDisk } from '../../connectors/bus/embedded/files.ts';
import { lockFolder } from '../../connectors/bus/embedded/lock.ts';
import { BotApi, TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { telegramMessenger } from '../../connectors/messenger/telegram.ts';
import { fullDisk } from '../../connectors/outbox/full-disk.fixture.ts';
import { ROOT } from './shell.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'faq-'));
});
afterEach(() => vi.unstubAllEnvs());

/** Path of a file of that content. */
function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** What a command prints that ends with an error; where it does not, it tells so. */
async function cst(...words: string[]): Promise<string> {
  try {
    await withSettings(programOf()).parseAsync(words, { from: 'user' });
  } catch (thrown) {
    return errorLine(thrown);
  }
  return 'It ended without an error.';
}

const start = (...words: string[]) => cst('start', '--dir', folder, '--for', '1', '--no-dashboard', ...words);
const replay = (path: string, venue = 'bybit') =>
  cst('replay', `BTCUSDT=${path}`, '--venue', venue, '--out', join(folder, 'out'));
const backtest = (timerange: string) =>
  cst(
    'backtest',
    `BTCUSDT=${file('bars.csv', BARS)}`,
    '--timerange',
    timerange,
    '--out',
    join(folder, 'out'),
  );

const BARS = 'open_time_ms,open,high,low,close,volume\n1748736000000,1,1,1,1,1\n';
const GARBAGE = 'not what it says '.repeat(1_000);

/** Runs something with a port that somebody else has. */
async function withTakenPort(run: (port: number) => Promise<string>): Promise<string> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, () => listening()));
  try {
    return await run((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

/** What is told where the dashboard cannot have its port. */
async function noticeOfDashboard(port: number): Promise<string> {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await cst('start', '--dir', folder, '--for', '1', '--dashboard-port', `${port}`);
  const lines = told.mock.calls.map(([line]) => `${line}`.trim());
  told.mockRestore();
  return lines.find((line) => line.includes('dashboard')) ?? 'Nothing was told.';
}

/** Why a chat got nothing. */
async function refusal(token: string, closed: readonly string[] = []): Promise<string> {
  const api = await new BotApi().start();
  for (const chat of closed) api.closedChats.add(chat);
  const messenger = telegramMessenger({ token, apiRoot: api.url });
  try {
    const sent = await messenger.send({ chat: '5', html: 'x', buttons: [], isSilent: false, replyTo: null });
    return 'reason' in sent ? sent.reason : sent.kind;
  } finally {
    await messenger.close();
    await api.stop();
  }
}

async function writtenToAFullDisk(): Promise<string> {
  const disk = fullDisk();
  disk.leaveBytes(3);
  const opened = await disk.openFile(join(folder, 'log'));
  try {
    await onDisk(join(folder, 'log'), () => opened.write(Buffer.from('more'), 0));
  } catch (thrown) {
    return errorLine(thrown);
  } finally {
    await opened.close();
  }
  return 'It was written.';
}

function aSecondOne(): Promise<string> {
  const bus = join(folder, 'simulated', 'bus');
  mkdirSync(bus, { recursive: true });
  const unlock = lockFolder(bus);
  return start().finally(unlock);
}

/** A clone, and an older Node than it wants. */
function notInstalled(): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  file('package.json', JSON.stringify({ ...manifest, dependencies: { node: '99.0.0' } }));
  mkdirSync(join(folder, 'cli'));
  const cst = file('cli/cst.js', readFileSync(join(ROOT, 'cli/cst.js'), 'utf8'));
  return spawnSync(process.execPath, [cst, 'start'], { encoding: 'utf8' }).stderr.trim();
}

const NO_JUDGEMENT = { trials: 2, counted: 2, deflatedSharpe: null, overfitting: null, isSignificant: null };

const PROVOKED: Record<string, () => Promise<string> | string> = {
  'An option that does not exist': () => cst('start', '--sped', '10'),
  'A verb that does not exist': () => cst('strat'),
  'A number out of its bounds': () => start('--speed', '500'),
  'A symbol that is not simulated': () => start('--symbols', 'BTCUSD'),
  'A time range that is none': () => backtest('2030'),
  'An exchange that is not known': () => replay('x.csv', 'nyse'),
  'A parameter that does not exist': () =>
    start('--params', file('p.json', '{"srExhaustion":{"minCheks":3}}')),
  'A setting that does not exist': () =>
    start('--config', file('cst.json', '{"signals":{"risk":{"takeProft":0.006}}}')),
  'A value of the wrong kind': () => start('--params', file('p.json', '{"srExhaustion":{"minChecks":"x"}}')),
  'A file that is no JSON': () => start('--params', file('p.json', '{"a": 1,}')),
  'A file that is not there': () => replay(join(folder, 'nothing.csv')),
  'A file without rows': () => replay(file('trades.csv', 'ts_ms,price,size\n')),
  'A column that is missing': () => replay(file('trades.csv', 'ts_ms,price\n1,2\n')),
  'A Parquet file that is none': () => replay(file('trades.parquet', GARBAGE)),
  'No data in the time range': () => backtest('20300101-20300102'),
  'Too few days or trades': () => judgementLines(NO_JUDGEMENT).at(-1) ?? '',
  'A backtest that is not there': () => cst('report', folder),
  'A history that is not there': () => cst('sql', 'trades', '--history', folder),
  'A query that does not exist': () => cst('sql', 'nothing'),
  'Packages that are not installed': notInstalled,
  'A second one on the same folder': aSecondOne,
  'A port that is taken': () => withTakenPort((port) => start('--health-port', `${port}`)),
  'A port of the dashboard that is taken': () => withTakenPort(noticeOfDashboard),
  'A disk that is full': writtenToAFullDisk,
  'A history that is damaged': () => cst('sql', 'trades', '--history', file('h.duckdb', GARBAGE)),
  'Chats without numbers': () => {
    vi.stubEnv('CST_TELEGRAM_TOKEN', TOKEN);
    return start();
  },
  'A token that is none': () => {
    vi.stubEnv('CST_TELEGRAM_TOKEN', 'my-bot');
    vi.stubEnv('CST_TELEGRAM_CHATS', '5');
    return start();
  },
  'A token that Telegram refuses': () => refusal(TOKEN.replace('TEST', 'GONE')),
  'A chat that does not want the bot': () => refusal(TOKEN, ['5']),
  'The exchange cannot be reached': () => {
    const place = [
      '--rest-url',
      'http://127.0.0.1:1',
      '--state',
      folder,
      '--to',
      `duckdb:${folder}/h.duckdb`,
    ];
    return cst('backfill', '--pairs', 'BTCUSDT', '--timerange', '20250101-20250102', ...place);
  },
  'Pub/Sub without a project': () => {
    vi.stubEnv('GOOGLE_CLOUD_PROJECT', '');
    return cst('run', '--bus', 'pubsub', '--dir', folder);
  },
  'A dashboard for others without a secret': () =>
    cst('start', '--dir', folder, '--for', '1', '--dashboard-host', '0.0.0.0'),
  'An engine that is not installed': () => {
    vi.stubEnv('CST_ENGINES', folder);
    vi.stubEnv('CST_PRISM', '');
    const path = file('bars.csv', BARS);
    const words = [`BTCUSDT=${path}`, '--venue', 'bybit', '--interval', '1m', '--out', join(folder, 'out')];
    return cst('replay', ...words, '--runner', 'prism');
  },
  'No stack runs': () => cst('status', '--dir', folder),
};

/** Message by heading. */
const FAQ = new Map(
  [
    ...readFileSync(join(ROOT, 'docs/FAQ.md'), 'utf8').matchAll(/^### (.+)\n\n```text\n([\s\S]*?)\n```$/gm),
  ].map(([, heading = '', message = '']) => [heading, message]),
);

const shapeOf = (message: string) =>
  new RegExp(
    `^${message
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\s\\S]+?')}$`,
  );

it('has an answer to each error, and each answer has its error', () => {
  expect([...FAQ.keys()]).toEqual(Object.keys(PROVOKED));
});

it.each([...FAQ])('%s', async (heading, message) => {
  const said = await PROVOKED[heading]?.();
  // Dots of the message itself are in both.
  expect(said).toMatch(shapeOf(message));
});
