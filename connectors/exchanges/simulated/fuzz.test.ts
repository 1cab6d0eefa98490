import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Client, twinOf } from './client.fixture.ts';

it.each(['bybit', 'kraken'] as const)('answers whatever a client of %s sends', (venue) => {
  const twin = twinOf(venue);
  const request = fc.record(
    {
      op: fc.constantFrom('subscribe', 'unsubscribe', 'ping', 'nope'),
      method: fc.constantFrom('subscribe', 'unsubscribe', 'ping', 'nope'),
      req_id: fc.jsonValue(),
      args: fc.array(
        fc.oneof(fc.constantFrom('publicTrade.BTCUSDT', 'orderbook.50.LTCUSDT', 'x'), fc.jsonValue()),
      ),
      params: fc.record({
        channel: fc.constantFrom('trade', 'book', 'ohlc', 'x'),
        symbol: fc.array(fc.constantFrom('BTC/USDT', 'x')),
        depth: fc.constantFrom(10, 11),
      }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          request.map((value) => JSON.stringify(value)),
          fc.string(),
        ),
      ),
      (sent) => {
        const client = new Client(twin);
        for (const text of sent) client.connection.send(text);
        expect(client.arrivals.length).toBeGreaterThanOrEqual(sent.length);
        client.connection.close();
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});
