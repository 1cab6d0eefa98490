/** Is the market seen as it is? The gates of the feed, and of the signal's own age. */
import { above } from '../../../transforms/thresholds/thresholds.ts';
import { durationText } from '../../texts.ts';
import { midOf } from '../depth.ts';
import { type Gate, iso, PASS, type Proposal, percent, type Refusal, refuse } from './verdict.ts';

type FeedRefusal = Extract<Refusal, `FEED_${string}` | 'PRICE_DIVERGED' | 'EXPIRED'>;

/** Why the newest bar that is the signal's or younger let no signal leave: a revision may have found out after it left. */
function suppressed(proposal: Proposal, reasons: readonly string[]): string | undefined {
  const { features } = proposal.facts ?? {};
  if (!features || features.closeTime < proposal.signal.timestamp) return undefined;
  return features.suppressions.find((suppression) => reasons.includes(suppression));
}

/** The snapshot of the signal's own instrument. */
function quoteOf({ facts, signal }: Proposal) {
  const quote = facts?.quote;
  return quote && quote.venue === signal.venue && quote.symbol === signal.symbol ? quote : undefined;
}

const FEED_INCOMPLETE: Gate = (proposal) => {
  const quote = quoteOf(proposal);
  if (!quote) return refuse(`No snapshot of ${proposal.signal.venue}:${proposal.signal.symbol} is known.`);
  if (!quote.connected) return refuse(`The feed was down at ${iso(quote.ts)}.`);
  const mid = midOf(quote);
  if (mid === null || quote.bestBid! > quote.bestAsk!) {
    const numbers = { bestBid: quote.bestBid, bestAsk: quote.bestAsk };
    return refuse(
      `The book has no spread to trade in: bid ${quote.bestBid ?? '–'}, ask ${quote.bestAsk ?? '–'}.`,
      numbers,
    );
  }
  const why = suppressed(proposal, ['INCOMPLETE', 'WARM_UP']);
  return why === undefined ? PASS : refuse(`The newest bar is ${why}.`);
};

const FEED_STALE: Gate = (proposal) => {
  const quote = quoteOf(proposal)!;
  const { at, params } = proposal.context;
  const { maxSnapshotAgeMs, maxTradeAgeMs, maxDesyncMs } = params.feed;
  const snapshotAgeMs = at - quote.ts;
  const tradeAgeMs = quote.lastTradeTs === null ? null : at - quote.lastTradeTs;
  const numbers = { snapshotAgeMs, tradeAgeMs, desyncMs: quote.desyncMs };
  // A clock that was put back makes what is old look as if it were to come.
  if (Math.abs(snapshotAgeMs) > maxSnapshotAgeMs) {
    return refuse(
      `The newest snapshot is ${durationText(snapshotAgeMs)} old, ${durationText(maxSnapshotAgeMs)} either way is the limit.`,
      numbers,
    );
  }
  if (tradeAgeMs === null) return refuse('No trade of the pair has been seen.', numbers);
  if (Math.abs(tradeAgeMs) > maxTradeAgeMs) {
    return refuse(
      `The last trade is ${durationText(tradeAgeMs)} old, ${durationText(maxTradeAgeMs)} either way is the limit.`,
      numbers,
    );
  }
  if (quote.desyncMs > maxDesyncMs) {
    return refuse(
      `The book has been out of sync for ${durationText(quote.desyncMs)}, over ${durationText(maxDesyncMs)}.`,
      numbers,
    );
  }
  return suppressed(proposal, ['STALE']) ? refuse('The newest bar is STALE.', numbers) : PASS;
};

const PRICE_DIVERGED: Gate = (proposal) =>
  suppressed(proposal, ['DIVERGED']) ? refuse('Venues disagree on the price of the newest bar.') : PASS;

const EXPIRED: Gate = (proposal) => {
  const { signal, context } = proposal;
  const lateMs = context.at - signal.expires_at;
  if (lateMs > 0) return refuse(`It expired ${durationText(lateMs)} ago.`, { lateMs });
  const mid = midOf(quoteOf(proposal)!)!;
  const { entryBand } = context.params.rules;
  const away = Math.abs(mid - signal.entry) / signal.entry;
  if (!above(away, entryBand)) return PASS;
  return refuse(
    `Mid ${mid} is ${percent(away)} from the entry ${signal.entry}, over ${percent(entryBand)}.`,
    {
      mid,
      away,
      entryBand,
    },
  );
};

export const FEED_GATES: Record<FeedRefusal, Gate> = { FEED_INCOMPLETE, FEED_STALE, PRICE_DIVERGED, EXPIRED };
