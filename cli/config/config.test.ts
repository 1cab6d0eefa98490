import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Option } from 'commander';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../schemas/errors.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { programOf } from '../program.ts';
import { applyConfig } from './apply.ts';
import { type Layer, merged } from './layers.ts';
import { settingsOf } from './resolve.ts';
import { jsonSchemaOf, Settings } from './schema.ts';
import { layersOf } from './sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'cst-config-'));
function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const read = (files: readonly string[], environment: Record<string, string> = {}) =>
  settingsOf(layersOf(files, environment, Settings));

describe('layers', () => {
  it('win value by value, and each value tells where it is from', () => {
    const { values, originOf } = merged([
      { origin: 'a', values: { x: { p: 1, q: 2 }, list: [{ n: 1 }, { n: 2 }] } },
      { origin: 'b', values: { x: { q: 3 }, list: { 1: { m: 5 } } } },
    ]);
    expect(JSON.parse(JSON.stringify(values))).toEqual({
      x: { p: 1, q: 3 },
      list: [{ n: 1 }, { n: 2, m: 5 }],
    });
    const origins = ['x.p', 'x.q', 'list.1.n', 'list.1.m', 'x.r'].map((path) => originOf(path.split('.')));
    expect(origins).toEqual(['a', 'b', 'a', 'b', undefined]);
  });

  it('replace a list as a whole', () => {
    const layers = [[{ n: 1 }, { n: 2 }], [{ m: 3 }]].map((list, i) => ({
      origin: `${i}`,
      values: { list },
    }));
    const { values, originOf } = merged(layers);
    expect(JSON.parse(JSON.stringify(values))).toEqual({ list: [{ m: 3 }] });
    expect(originOf(['list', '0', 'n'])).toBe(undefined);
  });

  it('hold what the last one gave, whatever its keys are called', () => {
    const value = fc.dictionary(
      fc.string({ minLength: 1 }),
      fc.dictionary(fc.string({ minLength: 1 }), fc.integer()),
    );
    fc.assert(
      fc.property(value, value, (first, last) => {
        const { values } = merged(
          [first, last].map((given, i): Layer => ({ origin: `${i}`, values: given })),
        );
        const hasIndexes = (keys: string[]) => keys.length > 0 && keys.every((key) => /^\d{1,3}$/.test(key));
        fc.pre(
          ![...Object.values(first), ...Object.values(last)].some((map) => hasIndexes(Object.keys(map))),
        );
        for (const [key, map] of Object.entries(last)) {
          for (const [name, n] of Object.entries(map))
            expect((values[key] as Record<string, unknown>)[name]).toBe(n);
        }
        expect(Object.keys({})).toEqual([]);
        expect(Object.getPrototypeOf({})).toBe(Object.prototype);
      }),
      { seed: 8, numRuns: 200 },
    );
  });
});

describe('settings', () => {
  const base = file('base.json', { signals: { market: { allowedDisorderMs: 1, staleAfterMs: 1 } } });
  const over = file('over.json', { signals: { market: { staleAfterMs: 2 } } });

  it('are the defaults where nothing is given', () => {
    expect(read([]).values.signals).toEqual(DEFAULT_PARAMS);
    expect(read([], { CST_PARAMS: '' }).originOf(['signals', 'market', 'staleAfterMs'])).toBe('default');
  });

  it('come from files, CST_PARAMS and CST__SECTION__KEY, the last one first', () => {
    const environment = {
      CST_PARAMS: '{"market":{"basisMinutes":30,"divergenceMax":0.1}}',
      CST__SIGNALS__MARKET__DIVERGENCE_MAX: '0.2',
      CST__SIGNALS__VARIANT: 'mine',
      CST__DESK__BOOKS__0__RISK__MARGIN: '0.05',
    };
    const { values, originOf } = read([base, over], environment);
    expect(values.signals).toMatchObject({
      variant: 'mine',
      market: { allowedDisorderMs: 1, staleAfterMs: 2, basisMinutes: 30, divergenceMax: 0.2 },
    });
    expect(values.desk.books.map(({ risk }) => risk.margin)).toEqual([0.05]);
    const from = (key: string) => originOf(['signals', 'market', key]);
    expect(['allowedDisorderMs', 'staleAfterMs', 'basisMinutes', 'divergenceMax'].map(from)).toEqual([
      base,
      over,
      'CST_PARAMS',
      'CST__SIGNALS__MARKET__DIVERGENCE_MAX',
    ]);
  });

  it('are text where text is wanted, and else what JSON says', () => {
    const { values } = read([], {
      CST__SIGNALS__VARIANT: '0815',
      CST__TELEGRAM__CHATS__0: '-1001234',
      CST__NOTIFIER__ENTRY: 'on',
      CST__DESK__BOOKS: '[{"book": "1"}]',
      CST__DESK__BOOKS__0__RISK__MARGIN: '0.05',
    });
    expect(values.signals.variant).toBe('0815');
    expect(values.telegram.chats).toEqual(['-1001234']);
    expect(values.notifier.entry).toBe('on');
    expect(values.desk.books[0]).toMatchObject({ book: '1', risk: { margin: 0.05 } });
  });

  it.each<[string, unknown, Record<string, string>, RegExp]>([
    [
      'a key',
      { signals: { market: { staleAfter: 1 } } },
      {},
      /no "signals\.market\.staleAfter" \(.*wrong\.json\)\. Did you mean "staleAfterMs"\?/,
    ],
    [
      'a value',
      { signals: { market: { staleAfterMs: -1 } } },
      {},
      /signals\.market\.staleAfterMs \(.*wrong\.json\): /,
    ],
    [
      'a variable',
      {},
      { CST__SIGNALS__MARKT__STALE_AFTER_MS: '1' },
      /CST__SIGNALS__MARKT__.*no "signals\.markt"\. Did you mean "market"\?/,
    ],
    [
      'a value of one',
      {},
      { CST__MACRO__BIAS__ENGAGE_AT: 'hidden' },
      /macro\.bias\.engageAt \(CST__MACRO__BIAS__ENGAGE_AT\)/,
    ],
    ['no JSON', '{hidden}', {}, /Expected JSON in .*wrong\.json/],
    ['a list', [], {}, /to hold an object/],
    ['a variable that is no JSON', {}, { CST_PARAMS: 'hidden' }, /Expected JSON in CST_PARAMS/],
    ['a key of an account', { broker: { apiKey: 'hidden' } }, {}, /CST_BYBIT_KEY/],
  ])(
    'refuse %s that is wrong by its name and place, and do not repeat it',
    (_, json, environment, message) => {
      const run = () => read([file('wrong.json', json)], environment);
      expect(run).toThrow(ConfigError);
      expect(run).toThrow(message);
      expect(run).not.toThrow('hidden');
    },
  );
});

describe('flags of a command', () => {
  const path = file('flags.json', {
    start: { speed: 30, symbols: ['BTCUSDT', 'ETHUSDT'], live: true },
    dashboard: { enabled: false, port: 9_000 },
    run: { bus: 'pubsub' },
  });
  function flagsOf(name: string, ...words: string[]) {
    const program = programOf();
    const command = program.commands.find((each) => each.name() === name)!;
    command.parseOptions(words);
    applyConfig(program, command, { CST__START__SEED: '7' });
    return command.opts();
  }

  it.each([
    ['before', ['run', '--bus', '--dashboard-port']],
    ['after', ['run', '--dashboard-port', '--bus']],
  ])('do not depend on whether --bus is declared %s those of the dashboard', (_, [name, ...order]) => {
    const program = programOf();
    const command = program.commands.find((each) => each.name() === name)!;
    const options = command.options as Option[];
    options.sort((one, other) => order.indexOf(one.long ?? '') - order.indexOf(other.long ?? ''));
    command.parseOptions(['--config', path]);
    applyConfig(program, command, {});
    expect(command.opts()).toMatchObject({ bus: 'pubsub', dashboard: true });
    expect(command.opts()).not.toHaveProperty('dashboardPort');
  });

  it('come from their section where they were not typed', () => {
    expect(flagsOf('start', '--config', path, '--speed', '10')).toMatchObject({
      speed: 10,
      seed: 7,
      symbols: ['BTCUSDT', 'ETHUSDT'],
      live: true,
      dashboard: false,
      dashboardPort: 9_000,
    });
  });

  it('have no dashboard where there is no stack', () => {
    expect(flagsOf('run', '--config', path)).toMatchObject({ bus: 'pubsub', dashboard: true });
    expect(flagsOf('run', '--config', path)).not.toHaveProperty('dashboardPort');
  });

  it.each([
    [{ start: { spede: 1 } }, /no "start\.spede".* Did you mean "speed"\?/],
    [{ start: { speed: 'fast' } }, /start\.speed .*: Invalid input: expected number/],
    [{ strat: { speed: 1 } }, /no "strat".* Did you mean "start"\?/],
    [{ start: { speed: 500 } }, /start\.speed .*: Too big: expected number to be <=120/],
    [{ relay: { copies: 1.5 } }, /relay\.copies .*: Invalid input: expected int/],
    [{ relay: { venue: 'x' } }, /relay\.venue .*: Invalid option: expected one of "bybit"/],
    [{ start: { symbols: ['BTCUSDT', 'btcusdt'] } }, /start\.symbols .*each once/],
    [{ deploy: { drain: true } }, /no "deploy\.drain"/],
    [{ start: { dir: ' ' } }, /start\.dir .*: expected a path/],
  ])('are refused by name: %j', (json, message) => {
    expect(() => flagsOf('start', '--config', file('bad.json', json))).toThrow(message);
  });
});

describe('cst config', () => {
  const CST = resolve(import.meta.dirname, '../main.ts');
  const path = file('cst.json', {
    $schema: 's',
    signals: { risk: { takeProfit: 0.006 } },
    relay: { restUrl: 'https://me:hidden@x.y/' },
  });
  function cst(words: readonly string[], environment: Record<string, string> = {}) {
    const env = { ...process.env, ...environment };
    const { status, stdout, stderr } = spawnSync(process.execPath, [CST, 'config', ...words], {
      encoding: 'utf8',
      cwd: folder,
      env,
    });
    return { status, stdout, stderr };
  }

  it('shows what is set, by whom, and nothing that may be a secret', () => {
    const { status, stdout } = cst(['show', '--set', '--json', '--', 'start', '--speed', '10'], {
      CST__START__SEED: '3',
    });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      'relay.restUrl': { value: 'https://(hidden)@x.y/', from: 'cst.json' },
      'signals.risk.takeProfit': { value: 0.006, from: 'cst.json' },
      'start.seed': { value: 3, from: 'CST__START__SEED' },
      'start.speed': { value: 10, from: '--speed' },
    });
  });

  it('shows what nobody set, and of a number the same whoever set it', () => {
    const show = (...words: string[]) => cst(['show', ...words]).stdout;
    expect(show('--effective', 'start.symbols')).toBe('start.symbols  –             not set\n');
    expect(JSON.parse(show('--effective', 'start.speed', '--json'))).toEqual({
      'start.speed': { value: 60, from: 'default' },
    });
    expect(JSON.parse(show('--effective', 'telegram', '--json'))).toEqual({
      'telegram.api': { value: null, from: 'not set' },
      'telegram.chats': { value: null, from: 'not set' },
    });
  });

  it('shows a command with the files that it names, and refuses what it would not show', () => {
    const other = file('other.json', { start: { speed: 20 }, signals: { risk: { takeProfit: 0.007 } } });
    const risk = file('risk.json', { risk: { stopLoss: 0.004 } });
    const { stdout } = cst([
      ...['show', '--set', '--json', '--', 'start', '--config', other, '--params', risk],
      ...['--symbols', 'btcusdt', '--no-dashboard'],
    ]);
    expect(JSON.parse(stdout)).toEqual({
      'dashboard.enabled': { value: false, from: '--no-dashboard' },
      'signals.risk.stopLoss': { value: 0.004, from: risk },
      'signals.risk.takeProfit': { value: 0.007, from: other },
      'start.speed': { value: 20, from: other },
      'start.symbols': { value: ['BTCUSDT'], from: '--symbols' },
    });
    const refused = (...words: string[]) => cst(['show', ...words]);
    const both = refused('--config', path, '--', 'start', '--config', other);
    expect(both).toMatchObject({ status: 4, stderr: expect.stringMatching(/cst start, got both/) });
    for (const words of [
      ['start', '--json'],
      ['backtest', '--variant', 'a:b.json'],
      ['start', 'BTCUSDT'],
    ])
      expect(refused('--', ...words)).toMatchObject({
        status: 4,
        stderr: expect.stringContaining(`got ${words[1]!.startsWith('--') ? words[1] : '"BTCUSDT"'}`),
      });
    expect(
      refused('--effective', 'deploy.region', '--', 'deploy', 'dataflow', '--region', 'x').stdout,
    ).toMatch(/^deploy\.region {2}"x" +--region$/m);
  });

  it('tells one value, or that there is none', () => {
    expect(cst(['show', '--effective', 'signals.risk.takeProfit']).stdout).toBe(
      'signals.risk.takeProfit  0.006         cst.json\n',
    );
    const unknown = cst(['show', '--effective', 'signals.risk.takeProfitt']);
    expect([unknown.status, unknown.stderr]).toEqual([
      2,
      'Error: Expected a setting, got "signals.risk.takeProfitt". Did you mean "signals.risk.takeProfit"? (code 2)\n',
    ]);
  });

  it('checks what it is given', () => {
    expect(cst(['check'])).toEqual({ status: 0, stdout: 'All well: cst.json.\n', stderr: '' });
    expect(cst(['check', '--config', path, '--config', 'nowhere.json'])).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/^Error: Cannot read settings from nowhere\.json: ENOENT/),
    });
  });

  it('gives editors a schema with the reason of each setting', () => {
    const schema = JSON.parse(JSON.stringify(jsonSchemaOf(programOf())));
    const { speed, symbols } = schema.properties.start.properties;
    expect(speed).toMatchObject({ type: 'number', minimum: 0.1, maximum: 120 });
    expect(symbols.anyOf).toEqual([{ type: 'string' }, { type: 'array', items: { type: 'string' } }]);
    expect(schema.properties.relay.properties.venue.enum).toEqual(['bybit', 'kraken', 'binance']);
    const { market } = schema.properties.signals.properties;
    expect(market.properties.staleAfterMs).toMatchObject({ type: 'integer', default: 60_000 });
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining([
        'signals',
        'desk',
        'macro',
        'notifier',
        'broker',
        'start',
        'run',
        'relay',
        'backtest',
        'dashboard',
        'telegram',
        'replay',
        'parity',
        'deploy',
      ]),
    );
  });
});
