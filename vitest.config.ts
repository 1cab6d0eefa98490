import { configDefaults, defineConfig } from 'vitest/config';

/** Tiers by file name: those of each are run by `--mode` of that name, and by no other. */
const TIERS: Record<string, string> = {
  /** Takes minutes. */
  slow: '**/*.slow.test.ts',
  /** Proofs on engines that Node alone does not bring: Go, Java. */
  engines: '**/*.engines.test.ts',
};

/** Tests stand beside what they test; `test/` holds only what spans folders. */
export default defineConfig(({ mode }) => {
  const tier = TIERS[mode];
  return {
    test: {
      include: [tier ?? '{schemas,transforms,connectors,pipelines,functions,bq,cli,test}/**/*.test.ts'],
      exclude: [...configDefaults.exclude, ...(tier ? [] : Object.values(TIERS))],
      pool: 'threads',
      // An engine takes all cores by itself.
      fileParallelism: mode !== 'engines',
      globalSetup: ['test/announce.ts', 'test/temp-folder.ts'],
      // Generous: a slow machine must not turn a proof into a timing test.
      testTimeout: tier ? 1_800_000 : 120_000,
      hookTimeout: 120_000,
    },
  };
});
