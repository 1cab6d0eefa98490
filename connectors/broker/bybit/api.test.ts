import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../../clock/manual.ts';
import { BrokerKeys, brokerConfig } from '../config.ts';
import { bybitBroker } from './broker.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A Bybit that answers these, by path, and keeps what it was sent. */
async function start(results: Readonly<Record<string, unknown>>, keys = new BrokerKeys('twinKey', 's3cret')) {
  const seen: { request: IncomingMessage; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    if (pathname !== '/v5/market/time') seen.push({ request, body: Buffer.concat(chunks).toString() });
    const result = pathname === '/v5/market/time' ? { timeNano: `${NOW}000000` } : results[pathname];
    response.end(JSON.stringify({ retCode: 0, retMsg: 'OK', result, time: NOW }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closing.push(() => void server.close());
  const twinUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = brokerConfig({ enabled: true, network: 'twin', twinUrl });
  return { broker: bybitBroker({ config, keys, clock: new ManualClock(NOW) }), seen };
}

it('signs time, key, window and what is sent, as `openssl dgst -sha256 -hmac` does', async () => {
  const { broker, seen } = await start({
    '/v5/order/realtime': { list: [] },
    '/v5/order/history': { list: [] },
    '/v5/order/cancel': {},
  });
  await broker.order('BTCUSDT', 'a-1');
  await broker.cancel('BTCUSDT', 'a-1');
  const [asked, , , posted] = seen.map(({ request: { method, url, headers }, body }) => ({
    sent: `${method} ${url} ${body}`.trim(),
    key: headers['x-bapi-api-key'],
    stamp: headers['x-bapi-timestamp'],
    window: headers['x-bapi-recv-window'],
    sign: headers['x-bapi-sign'],
  }));
  const common = { key: 'twinKey', stamp: '1772366399500', window: '5000' };
  expect(asked).toEqual({
    ...common,
    sent: 'GET /v5/order/realtime?category=linear&symbol=BTCUSDT&orderLinkId=a-1',
    sign: '431ba25d6e2216c6ef0ec1b529f7fd37526131ddd4ceed2332ede570c834ae36',
  });
  expect(posted).toEqual({
    ...common,
    sent: 'POST /v5/order/cancel {"category":"linear","symbol":"BTCUSDT","orderLinkId":"a-1"}',
    sign: '9a741bcca7787b457a821ca397a22f9a6f2427d089ce3237d5c5b9fece4e599d',
  });
});

it('refuses answers of another form with the place, and no number is guessed', async () => {
  const row = { positionIdx: 0, symbol: 'BTCUSDT', side: 'Buy', size: '1,000', avgPrice: '65000' };
  const { broker } = await start({ '/v5/position/list': { list: [row] } });
  await expect(broker.positions()).rejects.toThrow(
    /Expected Bybit’s answer to \/v5\/position\/list, got another form/,
  );
});

it('tells no position where none is held, though the exchange has a row of it', async () => {
  const row = { positionIdx: 0, symbol: 'BTCUSDT', side: '', size: '0.000', avgPrice: '0' };
  const held = { ...row, symbol: 'LTCUSDT', side: 'Sell', size: '1.5', avgPrice: '55.25' };
  const { broker } = await start({ '/v5/position/list': { list: [row, held] } });
  expect(await broker.positions()).toEqual([{ symbol: 'LTCUSDT', side: 'SHORT', size: 1.5, entry: 55.25 }]);
});

it('gives up a list whose pages never end', async () => {
  let page = 0;
  const { broker } = await start({
    '/v5/position/list': {
      list: [],
      get nextPageCursor() {
        return `page${++page}`;
      },
    },
  });
  await expect(broker.positions()).rejects.toThrow(/at most 200 pages/);
});

it('tells a symbol that is not there', async () => {
  const { broker } = await start({ '/v5/market/instruments-info': { list: [] } });
  await expect(broker.instrument('NOSUCH')).rejects.toThrow(
    'Expected a USDT perpetual of bybit-twin, got NOSUCH.',
  );
});

it('refuses to name an order what the exchange cannot', async () => {
  const { broker } = await start({});
  const close = { symbol: 'BTCUSDT', side: 'LONG', size: 1 } as const;
  for (const clientId of ['', 'a b', 'x'.repeat(37), 'ä']) {
    await expect(broker.closeAtMarket({ ...close, clientId })).rejects.toThrow(/1 to 36 letters/);
  }
});
