import { expect, it } from 'vitest';
import { ENVIRONMENT } from '../../test/engines/needs.ts';
import { expectEachAlertOnce } from './kills.fixture.ts';

const KILLS = Number(ENVIRONMENT.CST_KILLS ?? 100);

it.each(['file', 'store'] as const)(
  `tells each alert once and in order, with its own chart and exit, over ${KILLS} kills at random moments, its outbox in a %s`,
  async (kept) => {
    const { looked } = await expectEachAlertOnce(KILLS, 5 * KILLS, kept);
    expect(looked).toBeGreaterThan(KILLS);
  },
);
