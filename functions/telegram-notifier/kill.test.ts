import { expect, it } from 'vitest';
import { expectEachAlertOnce } from './kills.fixture.ts';

it('tells each alert once and in order, with its own chart and exit, over 6 kills at random moments', async () => {
  expect((await expectEachAlertOnce(6, 12)).looked).toBeGreaterThan(0);
});
