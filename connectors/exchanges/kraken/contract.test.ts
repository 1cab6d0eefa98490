import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { venueContract } from '../contract.ts';
import { krakenAdapter } from './adapter.ts';
import { bookText, ohlcText, tradeText, tradeWire } from './frames.fixture.ts';

const START = Date.UTC(2026, 0, 1);
const TS = START + 1_123;

const SIDES = ['buy', 'sell', 'sell'] as const;

const bar = (ms: number, volume: string) => [
  ...[ms / 1_000, '1', '3', '0.5', '2', volume === '0' ? '0' : '1.7', volume, volume === '0' ? 0 : 4],
];

const RESULTS: Readonly<Record<string, object>> = {
  AssetPairs: {
    XBTUSDT: { wsname: 'XBT/USDT', pair_decimals: 1, lot_decimals: 8, tick_size: '0.1', status: 'online' },
  },
  Ticker: { XBTUSDT: { v: ['1.0', '2.5'], p: ['90000.0', '100000.0'] } },
  Trades: {
    XBTUSDT: SIDES.map((side, i) => ['100.5', '0.25', TS / 1_000, side[0], 'm', '', 7 + i]),
    last: `${TS}000000`,
  },
  OHLC: {
    XBTUSDT: [bar(START, '1.5'), bar(START + MINUTE_MS, '0'), bar(START + 2 * MINUTE_MS, '1')],
    last: (START + MINUTE_MS) / 1_000,
  },
};

venueContract(krakenAdapter({ bookDepth: 10 }), {
  frames: [
    {
      frame: tradeText([tradeWire({ side: 'sell' })]),
      events: [
        {
          kind: 'trades',
          symbol: 'BTC/USDT',
          ts: TS,
          isSnapshot: false,
          trades: [{ tradeId: '7', seq: 7, ts: TS, price: 100.5, size: 0.25, side: 'SELL' }],
        },
      ],
    },
    {
      frame: bookText([['64525.0', '0.53807066']], [['64525.1', '1.0']], 2_175_437_505, 'snapshot'),
      events: [
        {
          kind: 'book',
          symbol: 'BTC/USDT',
          ts: TS,
          isSnapshot: true,
          depth: 10,
          bids: [[64_525, 0.53807066, '64525053807066']],
          asks: [[64_525.1, 1, '64525110']],
          check: { kind: 'checksum', crc32: 2_175_437_505 },
        },
      ],
    },
    {
      frame: ohlcText(0, '00:30.5'),
      events: [
        {
          kind: 'kline',
          symbol: 'BTC/USDT',
          ts: START + 30_500,
          openTime: START,
          open: 1,
          high: 3,
          low: 0.5,
          close: 2,
          volume: 1.5,
          turnover: null,
          trades: 4,
          isClosed: false,
        },
      ],
    },
    {
      frame:
        '{"method":"subscribe","success":true,"req_id":4,"result":{"channel":"trade","symbol":"BTC/USDT"}}',
      events: [{ kind: 'ack', requestId: '4', stream: { kind: 'trades', symbol: 'BTC/USDT' } }],
    },
    {
      frame:
        '{"method":"subscribe","success":false,"error":"Currency pair not supported X/Y","symbol":"X/Y","req_id":5}',
      events: [
        {
          kind: 'refusal',
          requestId: '5',
          reason: 'Currency pair not supported X/Y',
          stream: { kind: 'book', symbol: 'X/Y' },
          isSubscribed: false,
        },
      ],
    },
    {
      frame: '{"channel":"ticker","type":"update","data":[]}',
      events: [{ kind: 'unknown', what: 'channel ticker' }],
    },
    { frame: '{"channel":"heartbeat"}', events: [{ kind: 'heartbeat' }] },
  ],
  symbolOf: (n) => `S${n}/USDT`,
  namesIn: (frame) => {
    const { params } = JSON.parse(frame) as { params: { channel: string; symbol: string[] } };
    return params.symbol.map((symbol) => `${params.channel} ${symbol}`);
  },
  rest: {
    answer: (url) => ({ error: [], result: RESULTS[url.pathname.split('/').at(-1)!] }),
    instruments: [
      {
        symbol: 'BTC/USDT',
        base: 'BTC',
        quote: 'USDT',
        isPerpetual: false,
        status: 'trading',
        listedMs: null,
        tickSize: 0.1,
        lotSize: 1e-8,
      },
    ],
    turnovers: { 'BTC/USDT': 250_000 },
    trades: {
      symbol: 'BTC/USDT',
      frames: SIDES.map((side, i) => tradeText([tradeWire({ side, trade_id: 7 + i })])),
    },
    klines: {
      query: { symbol: 'BTC/USDT', interval: '1m', fromMs: START, toMs: START + 3 * MINUTE_MS },
      openTimes: [START, START + MINUTE_MS],
    },
    refusal: {
      status: 200,
      body: { error: ['EQuery:Unknown asset pair'] },
      words: 'EQuery:Unknown asset pair',
    },
  },
});
