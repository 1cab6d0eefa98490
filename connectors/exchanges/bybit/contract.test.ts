import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { venueContract } from '../contract.ts';
import type { MarketEvent } from '../market-event.ts';
import { bybitAdapter } from './adapter.ts';
import { type TradeWire, tradeText, tradeWire } from './frames.fixture.ts';

const START = Date.UTC(2026, 7, 9);

function refusal(reason: string, requestId: string | null): MarketEvent {
  const stream = { kind: 'ticker', symbol: 'A' } as const;
  return { kind: 'refusal', requestId, reason, stream, isSubscribed: false };
}

/** Two fills of one order, and one of the next. */
const TRADES = [
  tradeWire({ T: START, i: 'a' }),
  tradeWire({ T: START, i: 'b', p: '100.20' }),
  tradeWire({ T: START + 5, i: 'c', seq: 8, S: 'Sell' }),
];

const restTrade = ({ T, s, S, v, p, i, seq }: TradeWire) => ({
  execId: i,
  symbol: s,
  price: p,
  size: v,
  side: S,
  time: String(T),
  seq: String(seq),
});

const bar = (ms: number, volume: string) => [
  ...[String(ms), '1', '3', '0.5', '2', volume, volume === '0' ? '0' : '4'],
];

const RESULTS: Readonly<Record<string, object>> = {
  'instruments-info': {
    list: [
      {
        symbol: 'BTCUSDT',
        contractType: 'LinearPerpetual',
        status: 'Trading',
        baseCoin: 'BTC',
        quoteCoin: 'USDT',
        launchTime: '1584230400000',
        priceFilter: { tickSize: '0.10' },
        lotSizeFilter: { qtyStep: '0.001' },
      },
    ],
  },
  tickers: { list: [{ symbol: 'BTCUSDT', turnover24h: '1142118412.9021' }] },
  'recent-trade': { list: TRADES.map(restTrade).reverse() },
  kline: { category: 'linear', symbol: 'BTCUSDT', list: [bar(START + MINUTE_MS, '0'), bar(START, '2')] },
};

venueContract(bybitAdapter({ bookDepth: 200 }), {
  frames: [
    {
      frame: tradeText([tradeWire({ i: 'x', S: 'Sell' })]),
      events: [
        {
          kind: 'trades',
          symbol: 'BTCUSDT',
          ts: 1_700_000_000_001,
          trades: [
            {
              tradeId: 'x',
              seq: 7 * 1024,
              ts: 1_700_000_000_000,
              price: 100.1,
              size: 0.5,
              side: 'SELL',
            },
          ],
        },
      ],
    },
    {
      frame:
        '{"topic":"orderbook.200.BTCUSDT","type":"snapshot","ts":1786310818328,"data":{"s":"BTCUSDT","b":[["65103.90","0.094"]],"a":[["65116.80","2"]],"u":15076955,"seq":753843918854},"cts":1786310818327}',
      events: [
        {
          kind: 'book',
          symbol: 'BTCUSDT',
          ts: 1_786_310_818_328,
          isSnapshot: true,
          bids: [[65_103.9, 0.094]],
          asks: [[65_116.8, 2]],
          check: { kind: 'counter', update: 15_076_955 },
        },
      ],
    },
    {
      frame:
        '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","lastPrice":"65114.30","markPrice":"","fundingRate":"-0.0001"},"cs":753843900397,"ts":1786310817583}',
      events: [
        {
          kind: 'ticker',
          symbol: 'BTCUSDT',
          ts: 1_786_310_817_583,
          isSnapshot: false,
          change: { lastPrice: 65_114.3, markPrice: null, fundingRate: -0.0001 },
        },
      ],
    },
    {
      frame:
        '{"topic":"kline.1.BTCUSDT","data":[{"start":1786310760000,"end":1786310819999,"interval":"1","open":"1","close":"2","high":"3","low":"0.5","volume":"2","turnover":"4","confirm":true,"timestamp":1786310820010}],"ts":1786310820011,"type":"snapshot"}',
      events: [
        {
          kind: 'kline',
          symbol: 'BTCUSDT',
          ts: 1_786_310_820_011,
          openTime: 1_786_310_760_000,
          open: 1,
          high: 3,
          low: 0.5,
          close: 2,
          volume: 2,
          turnover: 4,
          trades: null,
          isClosed: true,
        },
      ],
    },
    {
      frame: '{"success":true,"ret_msg":"","conn_id":"x","req_id":"4","op":"subscribe"}',
      events: [{ kind: 'ack', requestId: '4', stream: null }],
    },
    {
      frame:
        '{"success":false,"ret_msg":"error:handler not found,topic:tickers.A","req_id":"9","op":"subscribe"}',
      events: [refusal('error:handler not found,topic:tickers.A', '9')],
    },
    {
      frame: '{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1786310820011,"data":[]}',
      events: [{ kind: 'unknown', what: 'allLiquidation.BTCUSDT' }],
    },
  ],
  symbolOf: (n) => `S${n}USDT`,
  namesIn: (frame) => (JSON.parse(frame) as { args: string[] }).args,
  rest: {
    answer: (url) => ({ retCode: 0, retMsg: 'OK', result: RESULTS[url.pathname.split('/').at(-1)!] }),
    instruments: [
      {
        symbol: 'BTCUSDT',
        base: 'BTC',
        quote: 'USDT',
        isPerpetual: true,
        status: 'trading',
        listedMs: 1_584_230_400_000,
        tickSize: 0.1,
        lotSize: 0.001,
      },
    ],
    turnovers: { BTCUSDT: 1_142_118_412.9021 },
    trades: { symbol: 'BTCUSDT', frames: [tradeText(TRADES.slice(0, 2)), tradeText(TRADES.slice(2))] },
    klines: {
      query: { symbol: 'BTCUSDT', interval: '1m', fromMs: START, toMs: START + 2 * MINUTE_MS },
      openTimes: [START, START + MINUTE_MS],
    },
    refusal: {
      status: 200,
      body: { retCode: 10_001, retMsg: 'Symbol Is Invalid', result: {} },
      words: 'Symbol Is Invalid',
    },
  },
});
