import { describe, expect, it } from 'vitest';
import { ConfigError, UpstreamError } from '../../../schemas/errors.ts';
import { refusalOf } from './codes.ts';
import { keyWarnings } from './key.ts';
import { fillsOf, heldPosition, orderState } from './rows.ts';
import { ExecutionPage, OrderPage, PositionPage } from './wire.ts';

/** As the exchange writes them: a funding of its documentation, the rest filled in by hand. */
const FUNDING = {
  symbol: 'BTCUSDT',
  orderId: '1682553600-BTCUSDT-592334-Sell',
  orderLinkId: '',
  side: 'Sell',
  orderType: 'UNKNOWN',
  stopOrderType: 'UNKNOWN',
  execFee: '0.6364003',
  execId: '11f1c4ed-ff20-4d73-acb7-96e43a917f25',
  execPrice: '28399.90',
  execQty: '0.011',
  execType: 'Funding',
  execTime: '1682553600000',
  isMaker: false,
  feeRate: '0.00203714',
  closedSize: '0.000',
};
const TRADE = { ...FUNDING, execType: 'Trade', stopOrderType: 'UNKNOWN', createType: 'CreateByUser' };

function fills(row: object) {
  const { list } = ExecutionPage.parse({ list: [row], nextPageCursor: '' });
  return list.flatMap(fillsOf);
}

describe('executions', () => {
  it('of a funding are what was paid', () => {
    expect(fills(FUNDING)).toEqual([
      {
        id: '11f1c4ed-ff20-4d73-acb7-96e43a917f25',
        clientId: null,
        symbol: 'BTCUSDT',
        cause: 'FUNDING',
        side: 'SHORT',
        price: 28_399.9,
        size: 0.011,
        fee: 0.6364003,
        isMaker: false,
        ts: 1_682_553_600_000,
      },
    ]);
  });

  it.each([
    [{ orderLinkId: 'a' }, ['ENTRY', 'SHORT']],
    [{ orderLinkId: 'a', closedSize: '0.011' }, ['CLOSE', 'LONG']],
    [{ closedSize: '0.011', createType: 'CreateByClosing' }, ['CLOSE', 'LONG']],
    [{ createType: 'CreateByTakeProfit', stopOrderType: 'TakeProfit', closedSize: '0.011' }, ['TP', 'LONG']],
    [{ createType: 'CreateByPartialTakeProfit', stopOrderType: 'PartialTakeProfit' }, ['TP', 'LONG']],
    [{ createType: 'CreateByStopLoss', stopOrderType: 'StopLoss', closedSize: '0.011' }, ['SL', 'LONG']],
    [{ createType: 'CreateByTrailingStop', stopOrderType: 'TrailingStop' }, ['SL', 'LONG']],
    [{ createType: 'CreateByLiq', closedSize: '0.011' }, ['LIQUIDATED', 'LONG']],
    [{ execType: 'BustTrade', createType: 'CreateByTakeOver_PassThrough' }, ['LIQUIDATED', 'LONG']],
    [{ execType: 'Settle', createType: 'CreateBySettle', closedSize: '' }, ['CLOSE', 'LONG']],
    [{ execType: 'AdlTrade', side: 'Buy', createType: 'CreateByAdl_PassThrough' }, ['LIQUIDATED', 'SHORT']],
  ])('%o are %o', (row, [cause, side]) => {
    const found = fills({ ...TRADE, ...row });
    expect(found).toMatchObject([{ cause, side, size: 0.011, fee: 0.6364003 }]);
  });

  it('that turn a position round are its close and an entry, fee and size shared', () => {
    const found = fills({
      ...TRADE,
      orderLinkId: 'a',
      side: 'Buy',
      execQty: '0.5',
      closedSize: '0.2',
      execFee: '1',
    });
    expect(found).toMatchObject([
      { id: TRADE.execId, clientId: 'a', cause: 'CLOSE', side: 'SHORT', size: 0.2, fee: 0.4 },
      { id: `${TRADE.execId}/entry`, clientId: 'a', cause: 'ENTRY', side: 'LONG', size: 0.3, fee: 0.6 },
    ]);
  });

  it('that are neither a trade nor a payment are none', () => {
    expect(fills({ ...TRADE, execType: 'CorporateAction' })).toEqual([]);
  });

  it('may have tiny amounts with an exponent, as it happens', () => {
    expect(fills({ ...TRADE, execFee: '0E-8' })).toMatchObject([{ fee: 0 }]);
    expect(fills({ ...TRADE, execFee: '-1.5E-7' })).toMatchObject([{ fee: -1.5e-7 }]);
    expect(() => fills({ ...TRADE, execFee: '1E999' })).toThrow();
  });

  it('of another form are refused', () => {
    for (const wrong of [
      { execFee: '1 USDT' },
      { side: 'None' },
      { execTime: '-1' },
      { execId: '' },
      { execQty: 3 },
    ]) {
      expect(() => fills({ ...TRADE, ...wrong })).toThrow();
    }
  });
});

describe('orders', () => {
  const row = {
    orderLinkId: 'a',
    symbol: 'BTCUSDT',
    side: 'Buy',
    orderStatus: 'New',
    qty: '0.010',
    cumExecQty: '',
    reduceOnly: false,
    stopOrderType: '',
    rejectReason: 'EC_NoError',
    cancelType: 'UNKNOWN',
  };
  const state = (of: object) => orderState(OrderPage.parse({ list: [{ ...row, ...of }] }).list[0]!);

  it.each([
    [{}, { status: 'open', side: 'LONG', filled: 0, reason: null }],
    [
      { orderStatus: 'PartiallyFilled', cumExecQty: '0.004' },
      { status: 'open', filled: 0.004, reason: null },
    ],
    [
      { orderStatus: 'Filled', side: 'Sell', cumExecQty: '0.010' },
      { status: 'over', side: 'SHORT', reason: null },
    ],
    [{ side: 'Sell', reduceOnly: true }, { side: 'LONG' }],
    [{ side: 'Buy', reduceOnly: true }, { side: 'SHORT' }],
    [
      { orderStatus: 'Cancelled', rejectReason: 'EC_PostOnlyWillTakeLiquidity' },
      { status: 'over', reason: 'EC_PostOnlyWillTakeLiquidity' },
    ],
    [
      { orderStatus: 'Cancelled', cancelType: 'CancelByUser' },
      { status: 'over', reason: 'CancelByUser' },
    ],
    [{ orderStatus: 'Rejected' }, { status: 'over', reason: 'Rejected' }],
    [{ orderStatus: 'SomethingNew' }, { status: 'open', reason: null }],
  ])('%o is %o', (of, expected) => {
    expect(state(of)).toMatchObject({ clientId: 'a', symbol: 'BTCUSDT', size: 0.01, ...expected });
  });
});

it('positions of both sides at once are a person’s to change', () => {
  const row = { symbol: 'BTCUSDT', side: 'Buy', size: '0.01', avgPrice: '65000.5' };
  const page = (positionIdx: number) => PositionPage.parse({ list: [{ ...row, positionIdx }] }).list[0]!;
  expect(heldPosition(page(0))).toEqual({ symbol: 'BTCUSDT', side: 'LONG', size: 0.01, entry: 65_000.5 });
  expect(() => heldPosition(page(1))).toThrow(ConfigError);
  expect(() => heldPosition(page(1))).toThrow(/Set the position mode to one-way/);
});

describe('codes', () => {
  it.each([10_001, 110_003, 110_004, 110_007, 110_012, 110_017, 110_072, 110_094])(
    '%i is the order’s fault',
    (code) => {
      expect(refusalOf(code, 'no', '/v5/order/create')).toEqual({ code, reason: `no (code ${code})` });
    },
  );

  it.each([10_002, 10_003, 10_004, 10_005, 10_009, 10_010, 10_024, 10_027, 33_004])(
    '%i is a person’s to mend',
    (code) => {
      expect(() => refusalOf(code, 'no', '/x')).toThrow(ConfigError);
    },
  );

  it.each([10_000, 10_014, 10_016, 110_071, 110_079, 170_007, 3_400_000])('%i leaves it open', (code) => {
    expect(() => refusalOf(code, 'no', '/x')).toThrow(UpstreamError);
  });

  it('of a hedge mode is a person’s to mend, though the parameter is to blame', () => {
    expect(() => refusalOf(10_001, 'position idx not match position mode', '/x')).toThrow(/one-way/);
  });
});

it('a key is warned of by what it may do, and refused where it cannot trade', () => {
  const key = {
    readOnly: 0,
    permissions: { ContractTrade: ['Order', 'Position'] },
    ips: ['1.2.3.4'],
    expiredAt: '',
  };
  expect(keyWarnings(key)).toEqual([]);
  expect(keyWarnings({ ...key, expiredAt: '2026-12-01T00:00:00Z' })).toEqual([
    'The API key ends at 2026-12-01T00:00:00Z.',
  ]);
  expect(keyWarnings({ ...key, ips: ['*'] })).toHaveLength(1);
  expect(() => keyWarnings({ ...key, readOnly: 1 })).toThrow(/read-only/);
  expect(() => keyWarnings({ ...key, permissions: { ContractTrade: ['Order'] } })).toThrow(
    /got Order. Give it both/,
  );
  expect(() => keyWarnings({ ...key, permissions: {} })).toThrow(/got none/);
  expect(
    keyWarnings({ ...key, permissions: { ContractTrade: [], Derivatives: ['DerivativesTrade'] } }),
  ).toEqual([]);
});
