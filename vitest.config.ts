import { availableParallelism, totalmem } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { WANTS_INFRASTRUCTURE } from './test/infrastructure/wanted.ts';

/** Tiers by file name: those of each are run by `--mode` of that name, and by no other. */
const TIERS: Record<string, string> = {
  /** Takes minutes. */
  slow: '**/*.slow.test.ts',
  /** Proofs on engines that Node alone does not bring: Go, Java. */
  engines: '**/*.engines.test.ts',
};

/** Of one test; less than what `.ci/run` grants them all, so that it is the test that tells. Unit: ms. */
const TIMEOUT_MS: Record<string, number> = { slow: 840_000, engines: 600_000 };

/** Tests stand beside what they test; `test/` holds only what spans folders. */
export default defineConfig(({ mode }) => {
  const tier = TIERS[mode];
  return {
    test: {
      include: [
        tier ??
          '{schemas,transforms,connectors,pipelines,functions,bq,infra,dashboard,cli,test}/**/*.test.ts',
      ],
      exclude: [
        ...configDefaults.exclude,
        ...(tier ? [] : Object.values(TIERS)),
        ...(WANTS_INFRASTRUCTURE ? [] : ['infra/pulumi/**', 'test/infrastructure/**']),
      ],
      pool: 'threads',
      // Engines take all cores; of a file's cases, those that say so run side by side.
      fileParallelism: mode !== 'engines',
      ...(mode === 'engines' && { maxConcurrency: enginesAtOnce() }),
      globalSetup: ['test/announce.ts', 'test/temp-folder.ts'],
      // Generous: a slow machine must not turn a proof into a timing test.
      testTimeout: tier ? TIMEOUT_MS[mode] : 120_000,
      hookTimeout: 120_000,
    },
  };
});

/** Prism leaves half of two cores idle, waiting for its worker; an engine with its workers takes up to 6 GiB. */
function enginesAtOnce(): number {
  const byCores = Math.max(2, Math.floor(availableParallelism() / 2));
  return Math.max(1, Math.min(byCores, Math.floor(totalmem() / (6 * 2 ** 30))));
}
