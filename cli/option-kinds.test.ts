import { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../schemas/errors.ts';
import {
  choiceOption,
  configured,
  folderOption,
  isSettable,
  kindOf,
  listOption,
  meaningOf,
  numberOption,
  once,
  settingsOption,
  symbolsOption,
  textOption,
  verbOf,
} from './option-kinds.ts';
import { programOf } from './program.ts';

const OPTIONS = [
  numberOption('--speed <factor>', 'how fast', { min: 0.1, max: 120 }, 60),
  numberOption('--port <port>', 'where', { min: 0, max: 65_535, isWhole: true }),
  choiceOption('--venue <name>', 'exchange', ['bybit', 'kraken'], 'bybit'),
  symbolsOption('--symbols <list>', 'which'),
  listOption('--map <old=new>', 'names'),
  folderOption('--dir <dir>', 'folder', '.cst'),
  textOption('--project <id>', 'project'),
];

function read(...words: string[]) {
  const command = new Command('cst').exitOverride();
  for (const option of OPTIONS) command.addOption(option);
  return command.parse(words, { from: 'user' }).opts();
}

describe('an option', () => {
  it('is read as what it is', () => {
    expect(read()).toEqual({ speed: 60, venue: 'bybit', dir: '.cst' });
    expect(
      read(
        ...['--speed', '0.1', '--port', '0', '--venue', 'Kraken', '--symbols', 'btcusdt, ETHUSDT'],
        ...['--map', 'a=b', '--map', 'c=d', '--dir', '5', '--project', '0815'],
      ),
    ).toEqual({
      speed: 0.1,
      port: 0,
      venue: 'kraken',
      symbols: ['BTCUSDT', 'ETHUSDT'],
      map: ['a=b', 'c=d'],
      dir: '5',
      project: '0815',
    });
  });

  it.each([
    [['--speed', 'fast'], 'Expected --speed as a number from 0.1 to 120, got "fast".'],
    [['--speed', '121'], 'Expected --speed as a number from 0.1 to 120, got "121".'],
    [['--speed', ' '], 'Expected --speed as a number from 0.1 to 120, got " ".'],
    [['--port', '80.5'], 'Expected --port as a whole number from 0 to 65535, got "80.5".'],
    [['--port', '-1'], 'Expected --port as a whole number'],
    [['--venue', 'krakn'], 'Expected --venue one of bybit, kraken, got "krakn". Did you mean "kraken"?'],
    [['--symbols', 'A,,B'], 'Expected --symbols as BTCUSDT,ETHUSDT, each once, got "A,,B".'],
    [['--symbols', 'A,a'], 'each once, got "A,a".'],
  ])('refuses %j by its name', (words, message) => {
    expect(() => read(...words)).toThrow(ConfigError);
    expect(() => read(...words)).toThrow(message);
  });

  it('tells what it may be, where that is worth a word', () => {
    expect(OPTIONS.map(meaningOf)).toEqual([
      ...['how fast (0.1 to 120)', 'where', 'exchange: bybit, kraken', 'which', 'names; may be repeated'],
      ...['folder', 'project'],
    ]);
  });

  it('may be a setting of a config file, unless it is of one call or names such a file', () => {
    const others = [
      once(textOption('--start <time>', 'when')),
      settingsOption('--params <file>', 'parameters', 'signals'),
      new Option('--json', 'for programs'),
    ];
    expect([...OPTIONS, ...others].map(isSettable)).toEqual([
      ...OPTIONS.map(() => true),
      false,
      false,
      false,
    ]);
  });
});

describe('options of cst', () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  const commands = all(programOf());

  it('say their kind where their value has one', () => {
    const NAMED = [
      [/<(dir|path)>/, /folder/],
      [/<file>/, /file|settings|config|many/],
      [/<(number|count|port|seconds|factor|rate)>/, /number/],
      [/<symbols>/, /symbols/],
    ] as const;
    const odd = commands.flatMap((command) =>
      command.options
        .filter((option) =>
          NAMED.some(([word, kind]) => word.test(option.flags) && !kind.test(kindOf(option).type)),
        )
        .map(({ flags }) => `${verbOf(command)} ${flags}`),
    );
    expect(odd).toEqual([]);
  });

  it('have a default that they would take', () => {
    for (const option of commands.flatMap(({ options }) => options)) {
      const kind = kindOf(option);
      const { defaultValue } = option;
      if (defaultValue === undefined || (kind.type !== 'number' && kind.type !== 'choice')) continue;
      expect(option.parseArg!(String(defaultValue), undefined)).toBe(defaultValue);
    }
  });

  it('are of verbs that are called by their words', () => {
    expect(configured(programOf()).map(verbOf)).toEqual(
      expect.arrayContaining(['start', 'replay', 'deploy dataflow']),
    );
  });
});
