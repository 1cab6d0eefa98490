/** Faults of the exchange itself: what begins with them, and the function that ends it. */
import type { TwinVenue } from '../venue.ts';
import type { VenueClock } from '../venue-clock.ts';
import type { Incident } from './timeline.ts';

export interface VenueContext {
  readonly venue: TwinVenue;
  readonly clock: VenueClock;
}

type End = (ms: number) => void;

const NOTHING: End = () => undefined;

/** Faults of REST, handshakes and subscriptions are asked for by those they concern. */
export function beginAtVenue(incident: Incident, context: VenueContext, ms: number): End {
  switch (incident.fault.kind) {
    case 'restart':
      context.venue.restart();
      return NOTHING;
    case 'clockSkew':
      return skew(incident, context, ms);
    case 'halt':
      return close(incident, context, 'halted', ms);
    case 'delisting':
      return close(incident, context, 'closed', ms);
    case 'maintenance':
      return maintain(incident, context, ms);
    default:
      return NOTHING;
  }
}

/** Where two overlap, the later one holds, and the end of either puts the clock right. */
function skew({ amount }: Incident, { clock, venue }: VenueContext, ms: number): End {
  const steer = (at: number, skewMs: number) => {
    clock.steer(at, skewMs);
    venue.restamp();
  };
  steer(ms, amount);
  return (endMs) => steer(endMs, 0);
}

function close({ fault }: Incident, { venue }: VenueContext, status: 'halted' | 'closed', ms: number): End {
  const listings = [...venue.listings].filter(
    ([symbol]) => fault.symbol === undefined || symbol === fault.symbol,
  );
  const reopen = listings.map(([, listing]) => listing.close(status, ms));
  return (endMs) => {
    for (const open of reopen) open(endMs);
  };
}

function maintain(incident: Incident, context: VenueContext, ms: number): End {
  const reopen = close(incident, context, 'halted', ms);
  context.venue.announce('maintenance');
  return (endMs) => {
    reopen(endMs);
    context.venue.announce('online');
  };
}
