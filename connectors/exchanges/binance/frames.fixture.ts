/**
 * Frames for tests. Trade, mark price and bar: of BTCUSDT, recorded on /market on 2026-08-08, as a public test of
 * cryptofeed's move to the routed addresses quotes them; the others: the examples of Binance's documents
 * (https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams), in their wrapping.
 */
import type { MarketEvent } from '../market-event.ts';

export const TRADE =
  '{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1786171884624,"a":3404749954,"s":"BTCUSDT","p":"64990.90","q":"0.002","nq":"0.002","f":7960913511,"l":7960913511,"T":1786171884471,"m":true,"st":1}}';

const BOOK =
  '{"stream":"btcusdt@depth20@100ms","data":{"e":"depthUpdate","E":1571889248277,"T":1571889248276,"s":"BTCUSDT","U":390497796,"u":390497878,"pu":390497794,"b":[["7403.89","0.002"],["7403.50","3.906"]],"a":[["7405.96","3.340"],["7406.63","4.525"]]}}';

export const FRAMES: readonly { readonly frame: string; readonly events: readonly MarketEvent[] }[] = [
  {
    frame: TRADE,
    events: [
      {
        kind: 'trades',
        symbol: 'BTCUSDT',
        ts: 1_786_171_884_624,
        trades: [
          {
            tradeId: '3404749954',
            seq: 3_404_749_954,
            ts: 1_786_171_884_471,
            price: 64_990.9,
            size: 0.002,
            side: 'SELL',
          },
        ],
      },
    ],
  },
  {
    frame: BOOK,
    events: [
      {
        kind: 'book',
        symbol: 'BTCUSDT',
        ts: 1_571_889_248_277,
        isSnapshot: true,
        depth: 20,
        bids: [
          [7403.89, 0.002],
          [7403.5, 3.906],
        ],
        asks: [
          [7405.96, 3.34],
          [7406.63, 4.525],
        ],
        check: { kind: 'link', update: 390_497_878, previous: 390_497_794 },
      },
    ],
  },
  {
    frame:
      '{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1786171884000,"s":"BTCUSDT","p":"64991.37858696","ap":"64991.37858696","P":"64980.01344384","i":"65016.05673913","r":"0.00003936","T":1786176000000,"st":1}}',
    events: [
      {
        kind: 'ticker',
        symbol: 'BTCUSDT',
        ts: 1_786_171_884_000,
        isSnapshot: false,
        change: { markPrice: 64_991.37858696, fundingRate: 0.00003936, nextFundingTime: 1_786_176_000_000 },
      },
    ],
  },
  {
    frame:
      '{"stream":"btcusdt_260925@markPrice@1s","data":{"e":"markPriceUpdate","E":1786171884000,"s":"BTCUSDT_260925","p":"65100.1","r":"","T":0}}',
    events: [
      {
        kind: 'ticker',
        symbol: 'BTCUSDT_260925',
        ts: 1_786_171_884_000,
        isSnapshot: false,
        change: { markPrice: 65_100.1, fundingRate: null, nextFundingTime: null },
      },
    ],
  },
  {
    frame:
      '{"stream":"bnbusdt@miniTicker","data":{"e":"24hrMiniTicker","E":123456789,"s":"BNBUSDT","c":"0.0025","o":"0.0010","h":"0.0025","l":"0.0010","v":"10000","q":"18"}}',
    events: [
      {
        kind: 'ticker',
        symbol: 'BNBUSDT',
        ts: 123_456_789,
        isSnapshot: false,
        change: { lastPrice: 0.0025, turnover24h: 18 },
      },
    ],
  },
  {
    frame:
      '{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1786173360960,"s":"BTCUSDT","k":{"t":1786173300000,"T":1786173359999,"s":"BTCUSDT","i":"1m","f":7960920076,"L":7960920277,"o":"64970.80","c":"64969.40","h":"64970.90","l":"64969.40","v":"9.090","n":194,"x":true,"q":"590577.96880","V":"3.460","Q":"224795.09440","B":"0"}}}',
    events: [
      {
        kind: 'kline',
        symbol: 'BTCUSDT',
        ts: 1_786_173_360_960,
        openTime: 1_786_173_300_000,
        open: 64_970.8,
        high: 64_970.9,
        low: 64_969.4,
        close: 64_969.4,
        volume: 9.09,
        turnover: 590_577.9688,
        trades: null,
        isClosed: true,
      },
    ],
  },
  { frame: '{"result":null,"id":12}', events: [{ kind: 'ack', requestId: '12', stream: null }] },
  {
    frame: '{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":12}',
    events: [refusal('12', 'Invalid request: invalid stream (code 2)')],
  },
  {
    frame: '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}',
    events: [refusal(null, 'Invalid JSON: expected value at line 1 column 1 (code 3)')],
  },
  {
    frame: '{"result":["btcusdt@aggTrade"],"id":3}',
    events: [{ kind: 'unknown', what: 'an answer that holds a result' }],
  },
  {
    frame: '{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","s":"BTCUSDT"}}',
    events: [{ kind: 'unknown', what: 'btcusdt@bookTicker' }],
  },
  {
    frame: '{"e":"serverShutdown","E":1770123456789}',
    events: [{ kind: 'goodbye', reason: 'Binance announces the end of this server.' }],
  },
];

function refusal(requestId: string | null, reason: string): MarketEvent {
  return { kind: 'refusal', requestId, reason, stream: null, isSubscribed: false };
}
