import { describe, expect, it } from 'vitest';
import { ConfigError } from '../schemas/errors.ts';
import { headerOf, paramValue } from './header.ts';
import { defaultsOf } from './params.ts';

const SQL = `-- What it says.
-- More of it; @here is no parameter.
-- @from_ts TIMESTAMP = 2024-01-31T12:00:00Z: First instant: of all.
-- @shares ARRAY<FLOAT64> = [0.5,1]: Shares.
-- @rate FLOAT64 = NULL: Rate.
-- @column pnl FLOAT64 metric: Net. Unit: quote.

-- @later INT64 = 1: Not of the header.
SELECT 1`;

describe('headerOf', () => {
  it('reads title, parameters and columns of the opening comment', () => {
    expect(headerOf(SQL, 'a.sql')).toEqual({
      title: 'What it says.',
      params: [
        {
          name: 'from_ts',
          type: 'TIMESTAMP',
          default: '2024-01-31T12:00:00.000Z',
          description: 'First instant: of all.',
        },
        { name: 'shares', type: 'ARRAY<FLOAT64>', default: [0.5, 1], description: 'Shares.' },
        { name: 'rate', type: 'FLOAT64', default: null, description: 'Rate.' },
      ],
      columns: [{ name: 'pnl', type: 'FLOAT64', role: 'metric', description: 'Net. Unit: quote.' }],
    });
    expect(headerOf('SELECT 1', 'a.sql')).toEqual({ title: '', params: [], columns: [] });
  });

  it.each([
    '-- @a INTEGER = 1: x.',
    '-- @a INT64: x.',
    '-- @a INT64 = 1',
    '-- @column a INT64 number: x.',
    '-- @a INT64 = b: x.',
  ])('refuses %s', (line) => {
    expect(() => headerOf(`-- T.\n${line}\nSELECT 1`, 'bq/a.sql')).toThrow(ConfigError);
  });
});

describe('paramValue', () => {
  it.each([
    ['5', 'INT64', 5],
    ['0.005', 'FLOAT64', 0.005],
    ['a,b', 'STRING', 'a,b'],
    ['TRUE', 'BOOL', true],
    ['2024-01-31', 'TIMESTAMP', '2024-01-31T00:00:00.000Z'],
    ['2024-01-31T12:00:00', 'TIMESTAMP', '2024-01-31T12:00:00.000Z'],
    ['2024-02-29 12:00+05:30', 'TIMESTAMP', '2024-02-29T06:30:00.000Z'],
    ['', 'ARRAY<STRING>', []],
    ['30, 60', 'ARRAY<INT64>', [30, 60]],
    ['NULL', 'FLOAT64', null],
  ] as const)('reads "%s" as %s', (text, type, value) => {
    expect(paramValue(text, type, 'x')).toEqual(value);
  });

  it.each([
    ['5.5', 'INT64'],
    ['', 'FLOAT64'],
    ['yes', 'BOOL'],
    ['yesterday', 'TIMESTAMP'],
    ['2024-02-30T12:00:00Z', 'TIMESTAMP'],
    ['2024-1-5', 'TIMESTAMP'],
    ['1,x', 'ARRAY<FLOAT64>'],
  ] as const)('refuses "%s" as %s, naming the parameter', (text, type) => {
    expect(() => paramValue(text, type, 'the_one')).toThrow(/parameter the_one as/);
  });
});

describe('defaultsOf', () => {
  const { params } = headerOf(SQL, 'a.sql');

  it('takes what is given, null too, and the default of the rest', () => {
    expect(defaultsOf(params, { shares: [], from_ts: null })).toEqual({
      from_ts: { type: 'TIMESTAMP', value: null },
      shares: { type: 'ARRAY<FLOAT64>', value: [] },
      rate: { type: 'FLOAT64', value: null },
    });
  });

  it('refuses what the query does not have', () => {
    expect(() => defaultsOf(params, { rates: 1 })).toThrow(/from_ts, shares, rate.*"rates"/);
  });
});
