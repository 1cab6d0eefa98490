import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireFormatError } from '../../../schemas/errors.ts';
import { needRealData } from '../../../test/real-data.ts';
import type { MarketEvent } from '../market-event.ts';
import { readBookText } from './book-text.ts';
import { CAPTURE, capturedFrames } from './frames.fixture.ts';
import { bybitMapper } from './map.ts';
import { readTickerText } from './ticker-text.ts';
import { readTradeText } from './trade-text.ts';

/** A leading space is JSON too, but not the usual text. */
function slowly(text: string): MarketEvent[] {
  return bybitMapper()(` ${text}`);
}

function outcome(read: () => MarketEvent[]): unknown {
  try {
    return read();
  } catch (error) {
    return error instanceof WireFormatError ? 'refused' : error;
  }
}

/** The text with one or two small changes. */
function changesOf(text: string): fc.Arbitrary<string> {
  const put = fc.constantFrom(...'",0-.}][ 9\\uX'.split(''), '00', 'e5', '9'.repeat(16), '');
  const change = fc.record({ at: fc.nat(text.length - 1), cut: fc.nat(3), put });
  return fc.array(change, { minLength: 1, maxLength: 2 }).map((changes) => {
    let changed = text;
    for (const { at, cut, put: by } of changes) changed = changed.slice(0, at) + by + changed.slice(at + cut);
    return changed;
  });
}

describe('the fast reader of trades', () => {
  const LINEAR =
    '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1786310819681,"data":[' +
    '{"T":1786310819680,"s":"BTCUSDT","S":"Sell","v":"0.004","p":"65114.20","L":"MinusTick","i":"a9188a0a","BT":false,"RPI":false,"seq":753843954913},' +
    '{"T":1786310819680,"s":"BTCUSDT","S":"Buy","v":"1","p":"65114","L":"PlusTick","i":"b-1","BT":false,"RPI":true,"seq":753843954913}]}';

  it('takes every trade frame that was captured, and says what JSON says', (context) => {
    const frames = capturedFrames(needRealData(context, CAPTURE), 2).filter((frame) =>
      frame.startsWith('{"topic":"publicTrade.'),
    );
    expect(frames).toHaveLength(102);
    for (const frame of frames) {
      expect(readTradeText(frame)).not.toBeNull();
      expect(bybitMapper()(frame)).toEqual(slowly(frame));
    }
  });

  it('is never more lenient: whatever is changed in a text, both readers agree', () => {
    fc.assert(
      fc.property(changesOf(LINEAR), (text) => {
        expect(outcome(() => bybitMapper()(text))).toEqual(outcome(() => slowly(text)));
      }),
      { seed: 1, numRuns: 5_000 },
    );
  });
});

describe('the fast reader of books', () => {
  const LINEAR =
    '{"topic":"orderbook.200.BTCUSDT","type":"delta","ts":1786310818328,"data":{"s":"BTCUSDT",' +
    '"b":[["65103.90","0.094"],["65103.80","0"]],"a":[["65116.80","0"],["0.000012","123456789012"],["65119","12.5"]],' +
    '"u":15076955,"seq":753843918854},"cts":1786310818327}';

  it('takes every linear book frame that was captured, and says what JSON says', (context) => {
    const frames = capturedFrames(needRealData(context, CAPTURE), 2).filter((frame) =>
      frame.startsWith('{"topic":"orderbook.'),
    );
    expect(frames).toHaveLength(1598);
    for (const frame of frames) {
      expect(readBookText(frame)).not.toBeNull();
      expect(bybitMapper()(frame)).toEqual(slowly(frame));
    }
  });

  it('takes empty sides, and reads each decimal as JSON’s reader would', () => {
    expect(readBookText(LINEAR)).not.toBeNull();
    expect(readBookText(LINEAR.replace(/"b":.*\]\],"u/, '"b":[],"a":[],"u'))).toMatchObject({
      bids: [],
      asks: [],
    });
    const decimal = fc.tuple(fc.nat({ max: 999_999_999 }), fc.stringMatching(/^\d{0,12}$/));
    fc.assert(
      fc.property(decimal, ([whole, fraction]) => {
        const size = fraction === '' ? `${whole}` : `${whole}.${fraction}`;
        const text = LINEAR.replace('0.094', size);
        expect(readBookText(text)?.bids[0]?.[1] ?? Number(size)).toBe(Number(size));
        expect(bybitMapper()(text)).toEqual(slowly(text));
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  it('is never more lenient: whatever is changed in a text, both readers agree', () => {
    fc.assert(
      fc.property(changesOf(LINEAR), (text) => {
        expect(outcome(() => bybitMapper()(text))).toEqual(outcome(() => slowly(text)));
      }),
      { seed: 1, numRuns: 5_000 },
    );
  });
});

describe('the fast reader of tickers', () => {
  const LINEAR =
    '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","tickDirection":"ZeroPlusTick",' +
    '"price24hPcnt":"-0.001624","lastPrice":"65114.30","markPrice":"","fundingRate":"-0.0001","bid1Size":"5.954",' +
    '"nextFundingTime":"1786320000000","openInterest":"0","turnover24h":"1142118412.9021"},"cs":753843900397,"ts":1786310817583}';

  it('takes every linear ticker that was captured, and says what JSON says', (context) => {
    const frames = capturedFrames(needRealData(context, CAPTURE), 2).filter((frame) =>
      frame.startsWith('{"topic":"tickers.'),
    );
    expect(frames).toHaveLength(758);
    for (const frame of frames) {
      expect(readTickerText(frame)).not.toBeNull();
      expect(bybitMapper()(frame)).toEqual(slowly(frame));
    }
  });

  it('is never more lenient: whatever is changed in a text, both readers agree', () => {
    expect(readTickerText(LINEAR)?.change).toEqual({
      lastPrice: 65114.3,
      markPrice: null,
      fundingRate: -0.0001,
      nextFundingTime: 1786320000000,
      openInterest: 0,
      turnover24h: 1142118412.9021,
    });
    const twice = LINEAR.replace('"openInterest":"0"', '"lastPrice":"7"');
    for (const text of [
      twice,
      LINEAR.replace('bid1Size', 'symbol'),
      LINEAR.replace('bid1Size', '__proto__'),
    ]) {
      expect(outcome(() => bybitMapper()(text))).toEqual(outcome(() => slowly(text)));
    }
    fc.assert(
      fc.property(changesOf(LINEAR), (text) => {
        expect(outcome(() => bybitMapper()(text))).toEqual(outcome(() => slowly(text)));
      }),
      { seed: 1, numRuns: 5_000 },
    );
  });
});
