/** What each exchange answers when it is asked for its time, the smallest question there is. */
import { z } from 'zod';
import { RestEnvelope } from '../../connectors/exchanges/bybit/rest-wire.ts';
import type { Venue } from '../../schemas/primitives.ts';

interface ServerTime {
  readonly path: string;
  /** Unit: ms since the epoch. */
  readonly answer: z.ZodType<number>;
  /** It tells nothing finer. Unit: ms. */
  readonly stepMs: number;
}

const Nanoseconds = z.looseObject({ timeNano: z.string().regex(/^\d{16,22}$/) });

export const SERVER_TIMES: Readonly<Record<Venue, ServerTime>> = {
  /** https://bybit-exchange.github.io/docs/v5/market/time */
  bybit: {
    path: '/v5/market/time',
    answer: RestEnvelope.extend({ result: Nanoseconds }).transform(
      ({ result }) => Number(BigInt(result.timeNano) / 1_000n) / 1_000,
    ),
    stepMs: 0,
  },
  /** https://docs.kraken.com/api/docs/rest-api/get-server-time */
  kraken: {
    path: '/0/public/Time',
    answer: z
      .looseObject({ result: z.looseObject({ unixtime: z.number().positive() }) })
      .transform(({ result }) => result.unixtime * 1_000),
    stepMs: 1_000,
  },
  /** https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Check-Server-Time */
  binance: {
    path: '/fapi/v1/time',
    answer: z.looseObject({ serverTime: z.number().positive() }).transform(({ serverTime }) => serverTime),
    stepMs: 1,
  },
};
