import { configDefaults, defineConfig } from 'vitest/config';

const SLOW = '**/*.slow.test.ts';
/** Proofs on engines that Node alone does not bring. */
const ENGINES = '**/*.engines.test.ts';

/** Tests stand beside what they test; `test/` holds only what spans folders. `--mode slow` runs those that take minutes. */
export default defineConfig(({ mode }) => ({
  test: {
    include: [
      mode === 'slow' ? SLOW : '{schemas,transforms,connectors,pipelines,functions,bq,cli,test}/**/*.test.ts',
    ],
    exclude: [...configDefaults.exclude, ...(mode === 'slow' ? [] : [SLOW])],
    pool: 'threads',
    globalSetup: ['test/announce.ts', 'test/temp-folder.ts'],
    // Generous: a slow machine must not turn a proof into a timing test.
    testTimeout: mode === 'slow' ? 600_000 : 120_000,
    hookTimeout: 120_000,
  },
}));
