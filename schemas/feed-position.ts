/** Where a message stands in its symbol's stream of trades: how a reader in any order knows that none is missing. */
import { ATTRIBUTES } from './topics.ts';

/** Trades `from` (inclusive) to `to` (exclusive) of those a publisher has numbered from 0; a snapshot has none of its own: `from` = `to`. */
export interface FeedPosition {
  /** When the publisher began to number. Unit: ms since the epoch. */
  readonly since: number;
  readonly from: number;
  readonly to: number;
}

const FORMAT = /^(\d{1,15}) (\d{1,15}) (\d{1,15})$/;

/** The attribute that carries it. */
export function positionAttribute({ since, from, to }: FeedPosition): Record<string, string> {
  return { [ATTRIBUTES.position]: `${since} ${from} ${to}` };
}

/** Undefined where a message does not say: it comes from another publisher, or is damaged. */
export function positionOf(attributes: Readonly<Record<string, string>>): FeedPosition | undefined {
  const match = FORMAT.exec(attributes[ATTRIBUTES.position] ?? '');
  if (!match) return undefined;
  const [since, from, to] = match.slice(1).map(Number) as [number, number, number];
  return from <= to ? { since, from, to } : undefined;
}
