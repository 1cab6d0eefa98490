import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../clock/manual.ts';
import { testLeaseContract } from './contract.ts';
import { FakeStorage } from './gcs.fixture.ts';
import { openGcsLease } from './gcs.ts';
import { ManualLease } from './manual.ts';
import { openSqliteLease } from './sqlite.ts';

const START = 1_800_000_000_000;
const URL = 'gs://relays/lease/bybit';
const TTL = 15_000;
const token = async () => 'good';

testLeaseContract('memory', async () => {
  const clock = new ManualClock(START);
  const lease = new ManualLease(clock);
  return { clock, skewMs: 0, open: async () => lease, dispose: async () => {} };
});

testLeaseContract('SQLite', async () => {
  const clock = new ManualClock(START);
  const path = join(mkdtempSync(join(tmpdir(), 'lease-')), 'lease.db');
  return { clock, skewMs: 0, open: async () => openSqliteLease({ path, clock }), dispose: async () => {} };
});

testLeaseContract('Cloud Storage', async () => {
  const clock = new ManualClock(START);
  const storage = await new FakeStorage().start();
  const open = async () => openGcsLease({ url: URL, clock, baseUrl: storage.url, token });
  return { clock, skewMs: 1_000, open, dispose: () => storage.close() };
});

describe('a lease in Cloud Storage', () => {
  let storage: FakeStorage;
  const clock = new ManualClock(START);
  const open = async () => {
    storage = await new FakeStorage().start();
    return openGcsLease({ url: URL, clock, baseUrl: storage.url, token });
  };
  afterEach(() => storage.close());

  it('remains the holder’s where the answer to a write was lost', async () => {
    const lease = await open();
    const { state } = await lease.tryAcquire('a', TTL);
    storage.faults.push('lost');
    await expect(lease.renew(state, TTL, 'p1')).rejects.toThrow(/Cannot reach the lease gs:\/\/relays/);
    expect(await lease.renew(state, TTL, 'p2')).toMatchObject({ epoch: 1, position: 'p2' });
  });

  it('says what it cannot do, and whose task it is', async () => {
    const lease = await open();
    storage.faults.push(503);
    await expect(lease.tryAcquire('a', TTL)).rejects.toMatchObject({ isRetryable: true });
    storage.tokens.clear();
    await expect(lease.tryAcquire('a', TTL)).rejects.toThrow(/Storage Object User/);
    storage.tokens.add('good');
    storage.put('lease/bybit', '{"some":"thing"}');
    await expect(lease.tryAcquire('a', TTL)).rejects.toThrow(/got another object/);
    expect(() => openGcsLease({ url: 'relays/lease', clock })).toThrow(/gs:\/\/BUCKET\/NAME/);
  });
});
