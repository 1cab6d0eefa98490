import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvariantError, UpstreamError } from '../../schemas/errors.ts';
import { encodePubsubMessage, standardAttributes } from '../../schemas/pubsub-message.ts';
import { ReplayOutput } from './output.ts';

const message = (id: string, ts: number, json: string, received?: number): Uint8Array =>
  encodePubsubMessage({
    data: Buffer.from(json),
    attributes: {
      ...standardAttributes(id, ts),
      ...(received === undefined ? {} : { received: String(received) }),
    },
    messageId: '',
    orderingKey: '',
  });

const folder = () => mkdtempSync(join(tmpdir(), 'output-'));
const FILES = [
  'dead-letters.ndjson',
  'market-candles.ndjson',
  'market-features.ndjson',
  'market-levels.ndjson',
  'trade-signals-micro.ndjson',
];

describe('ReplayOutput', () => {
  it('writes each topic by event time, then id, and an empty file where nothing came', async () => {
    const output = new ReplayOutput();
    for (const [id, ts] of [
      ['b', 2],
      ['c', 1],
      ['a', 2],
      ['é', 2],
    ] as const) {
      output.take('market-candles', message(id, ts, `{"id":"${id}"}`));
    }
    const out = join(folder(), 'deep', 'er');
    const hash = await output.write(out);
    expect(readdirSync(out).sort()).toEqual(FILES);
    const text = '{"id":"c"}\n{"id":"a"}\n{"id":"b"}\n{"id":"é"}\n';
    expect(readFileSync(join(out, 'market-candles.ndjson'), 'utf8')).toBe(text);
    expect(readFileSync(join(out, 'market-levels.ndjson'), 'utf8')).toBe('');
    expect(hash).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('keeps one copy of an id, with the newest count of trades received', () => {
    const output = new ReplayOutput();
    for (const received of [3, 5, 4]) output.take('market-candles', message('a', 1, '{}', received));
    expect(output.count('market-candles')).toBe(1);
    expect([...output.records('market-candles')]).toEqual([{ record: {}, received: 5 }]);
  });

  it('keeps the highest revision of each record alone where it is told to', async () => {
    const output = new ReplayOutput('last');
    for (const id of ['b:1m:0:9', 'b:1m:0:61', 'b:1m:0:100', 'b:1m:60000:7', 'c:1m:0:8'])
      output.take('market-candles', message(id, 1, `{"id":"${id}"}`));
    output.take('trade-signals-micro', message('s:1', 1, '{}'));
    output.take('trade-signals-micro', message('s:2', 1, '{}'));
    output.end();
    const kept = [...output.records('market-candles')].map(({ record }) => (record as { id: string }).id);
    expect(kept).toEqual(['b:1m:0:100', 'b:1m:60000:7', 'c:1m:0:8']);
    expect(output.count('trade-signals-micro')).toBe(2);
  });

  it('refuses two contents of one id, and a topic it does not know', () => {
    const output = new ReplayOutput();
    output.take('market-candles', message('a', 1, '{"x":1}'));
    expect(() => output.take('market-candles', message('a', 1, '{"x":2}'))).toThrow(InvariantError);
    expect(() => output.take('feed-events', message('a', 1, '{}'))).toThrow(InvariantError);
  });

  it('forgives two contents of a revision that a later one settles, and no others', () => {
    const told = (id: string, ...contents: string[]) => {
      const output = new ReplayOutput('last');
      for (const content of contents) output.take('market-features', message(id, 1, content));
      output.take('market-features', message('x:0:8', 1, '{}'));
      return output;
    };
    expect(() => told('x:0:7', '{"a":1}', '{"a":2}').end()).not.toThrow();
    expect(() => told('x:0:9', '{"a":1}', '{"a":2}').end()).toThrow(InvariantError);
    const signals = new ReplayOutput('last');
    signals.take('trade-signals-micro', message('s', 1, '{"a":1}'));
    expect(() => signals.take('trade-signals-micro', message('s', 1, '{"a":2}'))).toThrow(InvariantError);
  });

  it('replaces what an earlier run wrote, and leaves no draft behind', async () => {
    const out = folder();
    writeFileSync(join(out, 'market-candles.ndjson'), 'old');
    await Promise.all([new ReplayOutput().write(out), new ReplayOutput().write(out)]);
    expect(readFileSync(join(out, 'market-candles.ndjson'), 'utf8')).toBe('');
    expect(readdirSync(out).sort()).toEqual(FILES);
  });

  it('leaves the earlier files whole where it cannot write one, and says so', async () => {
    const out = folder();
    writeFileSync(join(out, 'market-candles.ndjson'), 'old');
    mkdirSync(join(out, 'dead-letters.ndjson'));
    await expect(new ReplayOutput().write(out)).rejects.toThrow(UpstreamError);
    expect(readFileSync(join(out, 'market-candles.ndjson'), 'utf8')).toBe('old');
    expect(readdirSync(out).sort()).toEqual(['dead-letters.ndjson', 'market-candles.ndjson']);
  });
});
