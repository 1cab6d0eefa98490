/** How much may be risked? The gates that size a scalp: correlation, exposure, funding, liquidity. */
import { above, atLeast } from '../../../transforms/thresholds/thresholds.ts';
import { correlationOf } from '../correlation.ts';
import { sizeWithin, slippageOf, takenAtEntry, takenAtExit } from '../depth.ts';
import { nextFunding } from '../funding.ts';
import { floorSize } from '../money.ts';
import { entryBounds, openNotional, openRisk, sizeFor, tradable } from '../sizing.ts';
import { type Gate, PASS, type Proposal, percent, type Refusal, refuse } from './verdict.ts';

type RiskRefusal = Extract<Refusal, 'CORRELATED' | 'EXPOSURE' | 'FUNDING_WINDOW' | 'LIQUIDITY'>;

/** Halves and never refuses. What is not known counts as correlated: it is no reason to bet double. */
const CORRELATED: Gate = ({ signal, book, context }) => {
  const { closes, at, params } = context;
  const limit = params.risk.correlation;
  for (const { pair } of book.positions) {
    const { rho, returns } = correlationOf(closes[signal.pair], closes[pair], at, params.risk);
    if (rho !== null && !atLeast(rho, limit)) continue;
    const known = rho === null ? `is unknown (${returns} common returns)` : `is ${rho.toFixed(3)}`;
    const note = `Halved: ρ with the open ${pair} ${known}, the limit is ${limit}.`;
    return { change: { isHalved: true }, note, numbers: { rho, commonReturns: returns } };
  }
  return PASS;
};

const EXPOSURE: Gate = (proposal) => {
  const { signal, book, context, isHalved } = proposal;
  const { risk } = context.params;
  const bounds = boundsOf(proposal);
  const lots = lotsOf(proposal);
  if (lots === undefined) {
    return refuse(`No lot of ${signal.venue}:${signal.symbol} is known to size an order by.`);
  }
  const sized = sizeFor(signal, bounds, isHalved, book, context.params);
  const size = tradable(sized.size, bounds.highest, lots, context.params);
  const notional = (size === 0 ? sized.size : size) * bounds.highest;
  const open = openNotional(book);
  const cap = risk.maxMargin * book.equity * signal.leverage;
  const numbers = {
    equity: book.equity,
    notional,
    openNotional: open,
    notionalCap: cap,
    openRisk: openRisk(book),
    riskCap: risk.maxOpenRisk * book.equity,
  };
  if (size === 0) {
    return refuse(
      `Equity ${book.equity} and open risk ${numbers.openRisk} of ${numbers.riskCap} leave ${notional}, too small to trade.`,
      numbers,
    );
  }
  if (above(open + notional, cap)) {
    return refuse(`Open ${open} and ${notional} more would pass ${cap}.`, numbers);
  }
  const note = 'Sized by what the risk cap leaves.';
  return { change: { size }, ...(sized.isCutByRisk && { note }), numbers };
};

/** A funding of unknown rate may be a costly one. */
const FUNDING_WINDOW: Gate = ({ signal, facts, context: { at, params } }) => {
  const { windowMs, maxShareOfTp } = params.funding;
  const inMs = nextFunding(at, params.funding) - at;
  if (inMs > windowMs) return PASS;
  const rate = facts!.quote!.fundingRate;
  if (rate === null) return refuse(`Funding of unknown rate falls due in ${inMs} ms.`, { inMs, rate });
  const cost = signal.side === 'LONG' ? rate : -rate;
  const limit = (maxShareOfTp * Math.abs(signal.tp - signal.entry)) / signal.entry;
  if (!above(cost, limit)) return PASS;
  return refuse(
    `Funding of ${percent(cost)} falls due in ${inMs} ms and is over ${percent(maxShareOfTp)} of the TP.`,
    { inMs, rate, cost, limit },
  );
};

/** What depth will cost: the entry, or where that rests in the book its stop. */
const LIQUIDITY: Gate = (proposal) => {
  const { signal, facts, context, size } = proposal;
  const { maxSlippage, minShrink, beyondBook } = context.params.liquidity;
  const quote = facts!.quote!;
  const taken = context.params.paper.entry === 'limit' ? takenAtExit(signal.side) : takenAtEntry(signal.side);
  const slippage = slippageOf(quote, taken, size, beyondBook);
  if (!above(slippage, maxSlippage)) return { numbers: { slippage } };
  const within = floorSize(sizeWithin(quote, taken, size, maxSlippage));
  const fitting = tradable(within, boundsOf(proposal).highest, lotsOf(proposal) ?? null, context.params);
  const numbers = { slippage, maxSlippage, size, fitting: within };
  const why = `${size} would slip ${percent(slippage)} in this depth, over ${percent(maxSlippage)}`;
  if (fitting === 0 || fitting < minShrink * size)
    return refuse(`${why}; only ${within} would not.`, numbers);
  return { change: { size: fitting }, note: `Shrunk to ${fitting}: ${why}.`, numbers };
};

/** Null on paper, where every size can be traded; undefined where it matters and is not known. */
function lotsOf({ facts, context }: Proposal) {
  return context.params.execution === 'paper' ? null : (facts?.instrument ?? undefined);
}

function boundsOf({ signal, facts, context }: Proposal) {
  return entryBounds(signal, facts!.quote!, context.params);
}

export const RISK_GATES: Record<RiskRefusal, Gate> = { CORRELATED, EXPOSURE, FUNDING_WINDOW, LIQUIDITY };
