/** Telegram's limits: at most so many messages in any span of time; all together, per chat, and per group. */

export interface Limit {
  readonly count: number;
  readonly perMs: number;
}

/** 30 a second for a bot, 1 a second in a chat, 20 a minute in a group. */
const BOT: Limit = { count: 30, perMs: 1_000 };
const CHAT: Limit = { count: 1, perMs: 1_000 };
const GROUP: Limit = { count: 20, perMs: 60_000 };
export const LONGEST_SPAN_MS = GROUP.perMs;

/** When the next may go, given when the earlier ones went (any order); in no span of `perMs` are more than `count`. Unit: ms. */
export function freeAt(sent: readonly number[], { count, perMs }: Limit): number {
  if (sent.length < count) return Number.NEGATIVE_INFINITY;
  const latestFirst = sent.toSorted((a, b) => b - a);
  return latestFirst[count - 1]! + perMs;
}

export interface Sent {
  readonly chat: string;
  readonly at: number;
}

/** Groups and channels have negative numbers. */
function isGroup(chat: string): boolean {
  return chat.startsWith('-');
}

/** When the next call for a chat may go, given those of the last minute. Unit: ms. */
export function mayGoAt(chat: string, sent: readonly Sent[]): number {
  const all = sent.map(({ at }) => at);
  const here = sent.filter((each) => each.chat === chat).map(({ at }) => at);
  return Math.max(
    freeAt(all, BOT),
    freeAt(here, CHAT),
    isGroup(chat) ? freeAt(here, GROUP) : Number.NEGATIVE_INFINITY,
  );
}
