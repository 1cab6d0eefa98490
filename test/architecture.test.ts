import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check, RULES, type RuleName, report } from './architecture/rules.ts';
import { parseSource, readSources, tokenize } from './architecture/source.ts';

const ROOT = resolve(import.meta.dirname, '..');
const files = (sources: Record<string, string>) =>
  Object.entries(sources).map(([path, text]) => parseSource(path, text));
const broken = (rule: RuleName, sources: Record<string, string>) => report(RULES[rule](files(sources)));

it('holds in the whole repository', () => {
  const sources = readSources(ROOT);
  expect(sources.length, 'sources found').toBeGreaterThan(20);
  expect(report(check(sources))).toBe('');
});

describe('direction of imports', () => {
  it.each([
    ['schemas/a.ts', '../transforms/b.ts'],
    ['transforms/a.ts', '../connectors/b.ts'],
    ['transforms/x/a.beam.ts', '../../connectors/b.ts'],
    ['connectors/a.ts', '../transforms/b.ts'],
    ['transforms/a.ts', '../pipelines/b.ts'],
    ['pipelines/a.ts', '../functions/b.ts'],
    ['functions/f/index.ts', '../../pipelines/b.ts'],
    ['functions/f/index.ts', '../../cli/b.ts'],
    ['dashboard/a.ts', '../cli/b.ts'],
    ['pipelines/a.ts', '../bench/b.ts'],
    ['cli/a.ts', '../test/b.ts'],
    ['transforms/a.test.ts', '../connectors/b.ts'],
    ['schemas/a.ts', '../../elsewhere/b.ts'],
    ['helpers/a.ts', './b.ts'],
  ])('forbids %s to import %s', (path, specifier) => {
    expect(broken('direction', { [path]: `\nimport type { B } from '${specifier}';` })).toMatch(`${path}:2 `);
  });

  it.each([
    ['transforms/a.ts', '../schemas/b.ts'],
    ['pipelines/runners/embedded/a.ts', '../../../transforms/b.ts'],
    ['pipelines/a.ts', '../connectors/b.ts'],
    ['cli/a.ts', '../dashboard/b.ts'],
    ['transforms/a.test.ts', '../test/real-data.ts'],
    ['test/a.ts', '../cli/b.ts'],
    ['bench/a.ts', '../test/real-data.ts'],
  ])('allows %s to import %s', (path, specifier) => {
    expect(broken('direction', { [path]: `import { b } from '${specifier}';` })).toBe('');
  });

  it.each([
    "export { b } from '../cli/b.ts';",
    "export * from '../cli/b.ts';",
    "import '../cli/b.ts';",
    "const b = await import('../cli/b.ts');",
    "let b: import('../cli/b.ts').B;",
    "import {\n  b,\n} from '../cli/b.ts';",
    "const s = `${{ a: `${1}` }}`; import b from '../cli/b.ts';",
    "const r = /['`]/; import b from '../cli/b.ts';",
  ])('sees %s', (text) => {
    expect(broken('direction', { 'schemas/a.ts': text })).toMatch('cli/b.ts');
  });

  it.each([
    "// import { b } from '../cli/b.ts';",
    "/* import '../cli/b.ts' */",
    'const text = "import b from \'../cli/b.ts\'";',
    "const text = `import '../cli/b.ts'`;",
  ])('is not fooled by %s', (text) => {
    expect(broken('direction', { 'schemas/a.ts': text })).toBe('');
  });
});

describe('who may know what', () => {
  it('keeps Beam in its shells', () => {
    const text = "import { Pipeline } from 'apache-beam/base';";
    expect(broken('beamStaysInItsShells', { 'transforms/a/a.ts': text })).toMatch('transforms/a/a.ts:1');
    const shells = { 'transforms/a/a.beam.ts': text, 'transforms/beam.ts': text, 'pipelines/p.ts': text };
    expect(broken('beamStaysInItsShells', shells)).toBe('');
  });

  it('lets the SDK be loaded after its repair only', () => {
    const sdk = "import { P } from 'apache-beam/pvalue';";
    const repair = "import '../transforms/sdk.beam.ts';";
    const found = (text: string) => broken('sdkIsLoadedByItsRepair', { 'pipelines/a.ts': text });
    expect(found(sdk)).toMatch('pipelines/a.ts:1 loads apache-beam/pvalue before');
    expect(found(`${sdk}\n${repair}`)).toMatch('pipelines/a.ts:1');
    expect(found(`import { type P, type Q } from 'apache-beam/pvalue';`)).toMatch('pipelines/a.ts:1');
    expect(found(`${repair}\n${sdk}`)).toBe('');
    expect(found("import type { P } from 'apache-beam/pvalue';")).toBe('');
  });

  it('keeps oracles and test libraries out of the program', () => {
    const model = "import { f } from './f.model.ts';";
    expect(broken('modelsServeTestsAlone', { 'transforms/f.ts': model })).toMatch('naive oracle');
    expect(broken('modelsServeTestsAlone', { 'transforms/f.test.ts': model })).toBe('');
    const library = "import fc from 'fast-check';";
    expect(broken('testSideStaysInTests', { 'transforms/f.ts': library })).toMatch('fast-check');
    expect(broken('testSideStaysInTests', { 'transforms/f.test.ts': library })).toBe('');
  });

  it.each(['Date.now()', 'new Date()', 'Math.random()', 'performance.now()', 'Date\n  .now()'])(
    'leaves %s to the ports',
    (text) => {
      expect(broken('timeAndChanceArePorts', { 'transforms/a.ts': `const x = ${text};` })).toMatch(
        'transforms/a.ts:1',
      );
      expect(broken('timeAndChanceArePorts', { 'connectors/clock/system.ts': `const x = ${text};` })).toBe(
        '',
      );
    },
  );

  it('allows a date made of a given time', () => {
    expect(broken('timeAndChanceArePorts', { 'transforms/a.ts': 'new Date(0); // Date.now()' })).toBe('');
  });

  it('reads the environment at the edge only', () => {
    const text = 'const x = process.env.HOME;';
    expect(broken('environmentIsReadAtTheEdge', { 'connectors/a.ts': text })).toMatch('connectors/a.ts:1');
    const edge = { 'cli/a.ts': text, 'functions/notify/index.ts': text, 'test/real-data.ts': text };
    expect(broken('environmentIsReadAtTheEdge', edge)).toBe('');
  });
});

describe('what a file looks like', () => {
  it('opens with its purpose', () => {
    expect(broken('opensWithItsPurpose', { 'cli/a.ts': '// a\n' })).toMatch('cli/a.ts:1');
    expect(broken('opensWithItsPurpose', { 'cli/a.ts': '/** a */\n' })).toBe('');
  });

  it('has at most 250 lines, a test 400', () => {
    expect(broken('staysShort', { 'cli/a.ts': '\n'.repeat(250) })).toBe('');
    expect(broken('staysShort', { 'cli/a.ts': '\n'.repeat(251) })).toMatch('has 251 lines');
    expect(broken('staysShort', { 'cli/a.test.ts': '\n'.repeat(400) })).toBe('');
    expect(broken('staysShort', { 'cli/a.test.ts': '\n'.repeat(401) })).toMatch('has 401 lines');
  });

  it('exports by name', () => {
    expect(broken('exportsByName', { 'cli/a.ts': 'export default 1;' })).toMatch('cli/a.ts:1');
    expect(broken('exportsByName', { 'a.config.ts': 'export default 1;' })).toBe('');
    expect(broken('exportsByName', { 'cli/a.d.ts': 'export default 1;' })).toBe('');
  });

  it.each([
    'const a = { ...{ b: 1 }, c };',
    'const a = {\n  ...{\n    b: 1,\n  },\n};',
    'const a = { c, ...({ b: 1 } as const) };',
  ])('writes an object as one: not %s', (text) => {
    expect(broken('objectsAreWrittenAsOne', { 'cli/a.ts': text })).toMatch(
      /^cli\/a\.ts:[12] spreads an object literal: it hides properties that the type does not have$/,
    );
  });

  it.each([
    'const a = { ...b, ...(c && { d }), ...(e ? { f } : {}), ...[1] };',
    'const a = f(...b, { c });',
    "const a = '...{ b }'; // ...{ b }",
  ])('may spread what it has, or has at times: %s', (text) => {
    expect(broken('objectsAreWrittenAsOne', { 'cli/a.ts': text })).toBe('');
  });

  it('is in no import cycle', () => {
    const cycle = {
      'cli/a.ts': "import './b.ts';",
      'cli/b.ts': "import './c.ts';",
      'cli/c.ts': "import './b.ts';",
    };
    expect(broken('hasNoCycles', cycle)).toBe(
      'cli/c.ts:1 closes an import cycle: cli/b.ts → cli/c.ts → cli/b.ts',
    );
  });
});

it('tells division from a regular expression, and code from text in templates', () => {
  const words = (text: string) => tokenize(text).map((token) => token.text);
  expect(words('a / b / c')).toEqual(['a', '/', 'b', '/', 'c']);
  expect(words('x = /a"b/g.test(y)')).toEqual(['x', '=', '/a"b/g', '.', 'test', '(', 'y', ')']);
  expect(words('`a${b({})}c` + d')).toEqual(['`a${', 'b', '(', '{', '}', ')', '}c`', '+', 'd']);
});
