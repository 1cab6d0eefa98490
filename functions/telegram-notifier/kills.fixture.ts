/** A notifier killed at random moments, over and over, against a server that fails at random, and what came of it. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../connectors/clock/system.ts';
import { BotApi, type Fault } from '../../connectors/messenger/bot-api.fixture.ts';
import { plainText } from '../../connectors/messenger/html.ts';
import { Random } from '../../connectors/random.ts';

const CHATS = ['-1001', '7'];
const FAULTS: readonly Fault[] = [
  { what: 'cut', when: 'before' },
  { what: 'cut', when: 'after' },
  { what: 500, when: 'before' },
  { what: 502, when: 'after', isHtml: true },
  { what: 'hang', when: 'after' },
  { what: 'retry', retryAfter: 3 },
];

/** Kills it so often and lets it come to an end; what is not as promised fails. Returns messages whose fate was looked up. */
export async function expectEachAlertOnce(
  kills: number,
  alerts: number,
  kept: 'file' | 'store' = 'file',
): Promise<{ looked: number }> {
  const server = await new BotApi().start();
  const random = new Random(7);
  server.fault = () => {
    if (random.chance(0.1)) return FAULTS[random.whole(0, FAULTS.length - 1)]!;
    // Long enough for a kill to come between what happened and the answer.
    const until = systemClock.until(systemClock.now() + random.whole(0, 40));
    return { what: 'slow', when: 'after', until };
  };
  const dir = mkdtempSync(join(tmpdir(), 'cst-notifier-kill-'));
  const life = [dir, server.url, String(systemClock.now()), String(alerts), kept];
  let from = 0;
  for (let kill = 0; kill < kills; kill++) {
    const said = await live([...life, String(from)], random.whole(0, 250));
    // Told again where it was killed before it could say so.
    from = Math.max(from, ...said.map((line) => Number(line.slice('took '.length)) + 1));
  }
  const said = await live([...life, String(from), 'last'], null);
  const lines = said.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  await server.stop();

  expect(lines.pop()).toMatchObject({ counts: { SENT: alerts * CHATS.length, UNCERTAIN: 0, REFUSED: 0 } });
  const charts: { chat: string; replyTo: number; signalId: string }[] = lines;
  for (const chat of CHATS) {
    const messages = server.seen(chat).filter(({ buttons }) => buttons.length > 0);
    const shown = messages.map(({ html }) => numbersOf(html));
    // Told in turn by one process, so in order over all pairs.
    expect(shown).toEqual(Array.from({ length: alerts }, (_, n) => [61_000 + n, 62_000 + n]));
    const answered = charts.filter((chart) => chart.chat === chat).map(({ replyTo }) => replyTo);
    expect(answered.toSorted((a, b) => a - b)).toEqual(messages.map(({ id }) => id));
    for (const { replyTo, signalId } of charts.filter((chart) => chart.chat === chat)) {
      expect(messages.find(({ id }) => id === replyTo)?.html).toContain(`"${signalId}"`);
    }
  }
  return { looked: server.calls.filter(({ method }) => method === 'editMessageReplyMarkup').length };
}

/** Entry of the signal and price of its exit. */
function numbersOf(html: string): [number, number] {
  const text = plainText(html);
  return [Number(/Entry (\d+)/.exec(text)?.[1]), Number(/TP at (\d+)/.exec(text)?.[1])];
}

/** Lines that it said after `alive`. Killed so many ms after that; null: it ends by itself. */
async function live(life: readonly string[], killAfterMs: number | null): Promise<string[]> {
  const script = join(import.meta.dirname, 'victim.fixture.ts');
  const child = spawn(process.execPath, [script, ...life], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [text, errors] = ['', ''];
  child.stderr.on('data', (bytes) => {
    errors += bytes;
  });
  child.stdout.on('data', (bytes) => {
    if (text === '' && killAfterMs !== null) {
      void systemClock.until(systemClock.now() + killAfterMs).then(() => child.kill('SIGKILL'));
    }
    text += bytes;
  });
  return await new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      const isAsWanted = killAfterMs === null ? code === 0 : signal === 'SIGKILL' || code === 0;
      if (isAsWanted) resolve(text.split('\n').slice(1, -1));
      else reject(new Error(`Ended with ${code ?? signal}: ${errors}`));
    });
  });
}
