import { expect, it } from 'vitest';
import { ENVIRONMENT } from '../../test/engines/needs.ts';
import { expectEachAlertOnce } from './kills.fixture.ts';

const KILLS = Number(ENVIRONMENT.CST_KILLS ?? 100);

it(`tells each alert once and in order, with its own chart and exit, over ${KILLS} kills at random moments`, async () => {
  const { looked } = await expectEachAlertOnce(KILLS, 5 * KILLS);
  expect(looked).toBeGreaterThan(KILLS);
});
