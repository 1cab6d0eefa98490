/** The rules of the house that a machine can check, each a pure function from sources to violations. */
import type { Import, Source } from './source.ts';

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** What each top-level folder may import besides itself. An import may only point left. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = (() => {
  const middle = ['transforms', 'connectors', 'bq'];
  const right = ['pipelines', 'functions', 'infra'];
  const all = ['schemas', ...middle, ...right, 'dashboard', 'cli', 'docs', 'test', 'bench'];
  return {
    schemas: [],
    transforms: ['schemas'],
    connectors: ['schemas'],
    bq: ['schemas'],
    pipelines: ['schemas', ...middle],
    functions: ['schemas', ...middle],
    infra: ['schemas', ...middle],
    dashboard: ['schemas', ...middle, ...right],
    cli: ['schemas', ...middle, ...right, 'dashboard'],
    docs: ['schemas', 'cli'],
    test: all,
    bench: all,
  };
})();

/** Packages that are not there in production. */
const TEST_PACKAGES = ['vitest', 'fast-check', 'typescript'];
const MAX_LINES = 250;
const MAX_TEST_LINES = 400;

/** Files that serve tests alone: tests, oracles, contract suites, fixtures, generators of test input. */
const TEST_SIDE =
  /^(test|bench)\/|\.(test|model|contract|fixtures?|arbitrary)\.ts$|(^|\/)(contract|fixtures?|arbitrar(y|ies))\.ts$/;
/** Tests, and the suites of tests that several implementations share. */
const TESTS = /\.test\.ts$|(^|[/.])contract\.ts$/;
const MODEL = /\.model\.ts$/;
const CONFIG_FILE = /^[^/]+\.config\.ts$/;
const MAY_USE_BEAM = /^transforms\/(beam|windows)\.ts$|\.beam(\.test)?\.ts$|^pipelines\/|^test\/|^bench\//;
const REPAIRS_SDK = /^transforms\/(.*\.beam|beam|windows)\.ts$/;
const MAY_READ_CLOCK = /^connectors\/clock\/|^bench\//;
const MAY_READ_ENVIRONMENT =
  /^cli\/|^functions\/[^/]+\/index\.ts$|^test\/(real-data|testnet|temp-(folder|in-memory)|races|progress-reporter|relay-pair\/kills|chaos\/options|engines\/needs|infrastructure\/wanted|go-server|dataflow\/beam-python)\.ts$|^bench\//;

type Rule = (sources: readonly Source[]) => Violation[];

const eachImport =
  (check: (source: Source, imported: Import) => string | null): Rule =>
  (sources) =>
    sources.flatMap((source) =>
      source.imports.flatMap((imported) => {
        const message = check(source, imported);
        return message === null ? [] : [{ path: source.path, line: imported.line, message }];
      }),
    );

const eachSource =
  (check: (source: Source) => { line: number; message: string }[]): Rule =>
  (sources) =>
    sources.flatMap((source) => check(source).map((found) => ({ path: source.path, ...found })));

/** `schemas/a.ts` → `schemas`; a file of the root → ''. */
function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

const direction = eachImport((source, { file }) => {
  const from = folderOf(source.path);
  if (file === null || from === '') return null;
  if (file.startsWith('../')) return `imports ${file}, outside the repository`;
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) return `is in ${from}/, which is no folder of the design`;
  const to = folderOf(file);
  if (to === from || allowed.includes(to) || (to === 'test' && TEST_SIDE.test(source.path))) return null;
  return `${from} may import only ${['itself', ...allowed].join(', ')}; this imports ${file}`;
});

const testSideStaysInTests = eachImport((source, { specifier, file }) => {
  if (TEST_SIDE.test(source.path) || CONFIG_FILE.test(source.path)) return null;
  if (file !== null && TEST_SIDE.test(file)) return `imports ${file}, which serves tests alone`;
  if (TEST_PACKAGES.includes(packageOf(specifier))) return `imports ${specifier}, which production lacks`;
  return null;
});

const modelsServeTestsAlone = eachImport((source, { file }) => {
  if (file === null || !MODEL.test(file) || TEST_SIDE.test(source.path)) return null;
  return `imports ${file}: a naive oracle is for tests and benchmarks`;
});

const beamStaysInItsShells = eachImport((source, { specifier }) => {
  if (packageOf(specifier) !== 'apache-beam' || MAY_USE_BEAM.test(source.path)) return null;
  return `imports ${specifier}: only transforms/{beam,windows}.ts, *.beam.ts and pipelines/ know Beam`;
});

/** It repairs the SDK as it loads. */
const sdkIsLoadedByItsRepair: Rule = (sources) =>
  sources.flatMap(({ path, imports }) => {
    const loads = imports.filter(({ isType }) => !isType);
    const repair = loads.findIndex(({ file }) => file !== null && REPAIRS_SDK.test(file));
    const early = loads.find(
      ({ specifier }, i) => packageOf(specifier) === 'apache-beam' && (repair < 0 || i < repair),
    );
    if (early === undefined || !path.startsWith('pipelines/')) return [];
    const message = `loads ${early.specifier} before transforms/sdk.beam.ts, which makes it fit to be loaded`;
    return [{ path, line: early.line, message }];
  });

function packageOf(specifier: string): string {
  return specifier.startsWith('@')
    ? specifier.split('/').slice(0, 2).join('/')
    : (specifier.split('/')[0] ?? '');
}

/** Lines where the words stand one after the other as tokens, comments and spaces between them ignored. */
function linesWith(source: Source, words: string): number[] {
  const wanted = words.split(' ');
  return source.tokens.flatMap((token, i) =>
    wanted.every((word, k) => source.tokens[i + k]?.text === word) ? [token.line] : [],
  );
}

const NOT_DETERMINISTIC = [
  'Date . now',
  'new Date ( )',
  'new Date ;',
  'Math . random',
  'performance . now',
  'process . hrtime',
  'crypto . randomUUID',
];

const timeAndChanceArePorts = eachSource((source) =>
  MAY_READ_CLOCK.test(source.path)
    ? []
    : NOT_DETERMINISTIC.flatMap((words) =>
        linesWith(source, words).map((line) => ({
          line,
          message: `uses ${words.replaceAll(' ', '').replace('new', 'new ')}: take a Clock or a seed`,
        })),
      ),
);

const environmentIsReadAtTheEdge = eachSource((source) =>
  MAY_READ_ENVIRONMENT.test(source.path)
    ? []
    : linesWith(source, 'process . env').map((line) => ({
        line,
        message: 'reads process.env: only cli/ and functions/*/index.ts do, others are given values',
      })),
);

const opensWithItsPurpose = eachSource((source) =>
  source.path.endsWith('.test.ts') || CONFIG_FILE.test(source.path) || source.text.startsWith('/**')
    ? []
    : [{ line: 1, message: 'does not open with /** what it is, where it stands */' }],
);

const staysShort = eachSource((source) => {
  const limit = TESTS.test(source.path) ? MAX_TEST_LINES : MAX_LINES;
  return source.lines <= limit
    ? []
    : [{ line: limit + 1, message: `has ${source.lines} lines, more than ${limit}` }];
});

/** What a package exports, and what a tool loads by its path, is not ours to name. */
const NAMED_BY_OTHERS = /\.d\.ts$|^[^/]+\.config\.ts$|^test\/progress-reporter\.ts$/;

const exportsByName = eachSource((source) =>
  NAMED_BY_OTHERS.test(source.path)
    ? []
    : [...linesWith(source, 'export default'), ...linesWith(source, 'as default')].map((line) => ({
        line,
        message: 'has a default export: export by name',
      })),
);

/** Also within brackets, as `as const` needs them. */
const objectsAreWrittenAsOne = eachSource((source) =>
  [...linesWith(source, '... {'), ...linesWith(source, '... ( {')].map((line) => ({
    line,
    message: 'spreads an object literal: it hides properties that the type does not have',
  })),
);

const hasNoCycles: Rule = (sources) => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const state = new Map<string, 'open' | 'done'>();
  const found: Violation[] = [];
  const visit = (source: Source, trail: readonly string[]): void => {
    state.set(source.path, 'open');
    const here = [...trail, source.path];
    for (const { file, line } of source.imports) {
      const target = file === null ? undefined : byPath.get(file);
      if (target === undefined) continue;
      if (state.get(target.path) === 'open') {
        const cycle = [...here.slice(here.indexOf(target.path)), target.path];
        found.push({ path: source.path, line, message: `closes an import cycle: ${cycle.join(' → ')}` });
      } else if (!state.has(target.path)) visit(target, here);
    }
    state.set(source.path, 'done');
  };
  for (const source of sources) if (!state.has(source.path)) visit(source, []);
  return found;
};

export const RULES = {
  direction,
  testSideStaysInTests,
  modelsServeTestsAlone,
  beamStaysInItsShells,
  sdkIsLoadedByItsRepair,
  timeAndChanceArePorts,
  environmentIsReadAtTheEdge,
  opensWithItsPurpose,
  staysShort,
  exportsByName,
  objectsAreWrittenAsOne,
  hasNoCycles,
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

/** Every violation, by path then line. */
export function check(sources: readonly Source[]): Violation[] {
  return Object.values(RULES)
    .flatMap((rule) => rule(sources))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line));
}

/** One line a violation, as an editor links it. */
export function report(violations: readonly Violation[]): string {
  return violations.map(({ path, line, message }) => `${path}:${line} ${message}`).join('\n');
}
