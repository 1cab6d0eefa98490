import { defineConfig } from 'vitest/config';

/** Tests stand beside what they test; `test/` holds only what spans folders. */
export default defineConfig({
  test: {
    include: ['{schemas,transforms,connectors,pipelines,functions,bq,cli,test}/**/*.test.ts'],
    pool: 'threads',
    globalSetup: ['test/announce.ts'],
    testTimeout: 20_000,
  },
});
