/** A document is followed in an empty folder, with an exchange and a Telegram of its own. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../connectors/clock/system.ts';
import { startExchangeTwin } from '../../connectors/exchanges/simulated/twin-server.ts';
import { BotApi, TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import type { SeenMessage } from '../../connectors/messenger/contract.ts';
import { type Followed, follow } from './reader.ts';
import { shellOf } from './shell.ts';

/** That TRADER names. */
const CHAT = '123456789';

export interface Walked extends Followed {
  readonly folder: string;
  /** What came to the phone. */
  readonly seen: readonly SeenMessage[];
}

/** @param folder Where another document was followed before. */
export async function walk(path: string, folder = mkdtempSync(join(tmpdir(), 'walk-'))): Promise<Walked> {
  const twin = await startExchangeTwin({ seed: 7, clock: systemClock });
  const telegram = await new BotApi().start();
  const hasPicture = () => telegram.seen(CHAT).some(({ png }) => png !== null);
  const around = { folder, twin: twin.httpUrl, telegram: telegram.url, hasPicture, typed: TOKEN };
  try {
    const followed = await follow(shellOf(path), around);
    return { ...followed, folder, seen: telegram.seen(CHAT) };
  } finally {
    await telegram.stop();
    await twin.close();
  }
}
