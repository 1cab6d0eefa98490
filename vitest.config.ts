import { globSync, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { WANTS_INFRASTRUCTURE } from './test/infrastructure/wanted.ts';
import { LongestFirst } from './test/longest-first.ts';

/** Tiers by file name: those of each are run by `--mode` of that name, and by no other. */
const TIERS: Record<string, string> = {
  /** Takes minutes. */
  slow: '**/*.slow.test.ts',
  /** Proofs on engines that Node alone does not bring: Go, Java. */
  engines: '**/*.engines.test.ts',
};
const FAST = '{schemas,transforms,connectors,pipelines,functions,bq,infra,dashboard,cli,test}/**/*.test.ts';

/** Of one test; less than what `.ci/run` grants them all, so that it is the test that tells. Unit: ms. */
const TIMEOUT_MS: Record<string, number> = { slow: 840_000, engines: 600_000 };

/** What a test does to modules, globals or time, which others would see. */
const REPLACES = /\bvi\.(mock|doMock|hoisted|spyOn|stub\w+|useFakeTimers|resetModules)\b/;

/** An engine with its workers takes up to that much. Unit: bytes. */
const ENGINE_MEMORY = 6 * 2 ** 30;

/** Tests stand beside what they test; `test/` holds only what spans folders. */
export default defineConfig(({ mode }) => ({
  test: {
    globalSetup: [
      'test/announce.ts',
      ...(TIERS[mode] ? [] : ['test/temp-in-memory.ts']),
      'test/temp-folder.ts',
    ],
    sequence: { sequencer: LongestFirst },
    // Vitest's own thread has little to do once the tests run.
    maxWorkers: mode === 'engines' ? engineFilesAtOnce() : availableParallelism(),
    // Of a file's cases, those that say so run side by side.
    ...(mode === 'engines' && { maxConcurrency: enginesAtOnce() }),
    projects: TIERS[mode] ? [project(mode, [TIERS[mode]])] : fast(),
  },
}));

function project(name: string, include: readonly string[], exclude: readonly string[] = [], isolate = true) {
  const unwanted = WANTS_INFRASTRUCTURE ? [] : ['infra/pulumi/**', 'test/infrastructure/**'];
  return {
    test: {
      name,
      include: [...include],
      exclude: [...configDefaults.exclude, ...unwanted, ...exclude],
      isolate,
      pool: 'threads' as const,
      // Generous: a slow machine must not turn a proof into a timing test.
      testTimeout: TIMEOUT_MS[name] ?? 120_000,
      hookTimeout: 120_000,
    },
  };
}

/** Half of a fast file's time was the import of what it tests: files share modules, but those that replace some. */
function fast() {
  const tiers = Object.values(TIERS);
  const root = import.meta.dirname;
  const files = globSync(FAST, { cwd: root, exclude: ['**/node_modules/**'] });
  const alone = files.filter((file) => REPLACES.test(readFileSync(join(root, file), 'utf8')));
  return [project('shared', [FAST], [...tiers, ...alone], false), project('alone', alone, tiers)];
}

/** Prism leaves half of two cores idle, waiting for its worker. */
function enginesAtOnce(): number {
  const byCores = Math.max(2, Math.floor(availableParallelism() / 2));
  return Math.max(1, Math.min(byCores, Math.floor(totalmem() / ENGINE_MEMORY)));
}

/** A second file, whose cases wait for one engine most of the time, where memory has room for that one, too. */
function engineFilesAtOnce(): number {
  return totalmem() >= (enginesAtOnce() + 1) * ENGINE_MEMORY ? 2 : 1;
}
