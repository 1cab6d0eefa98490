import { afterAll, expect, it } from 'vitest';
import { ConfigError, UpstreamError } from '../../schemas/errors.ts';
import { createStateTable, startBigtable } from '../../test/bigtable/bigtable.ts';
import { type GoServer, needGo, wantsGo } from '../../test/go-server.ts';
import { ManualClock } from '../clock/manual.ts';
import { openBigtableStore } from './bigtable.ts';
import { testStateStoreContract } from './contract.ts';
import type { StateStore } from './port.ts';

const START = Date.UTC(2024, 2, 1);
const AT = { project: 'project', instance: 'instance' } as const;

let server: Promise<GoServer> | undefined;
afterAll(async () => (await server)?.stop());

let tables = 0;
const underTest = async () => {
  server ??= startBigtable();
  const running = await server;
  const at = { ...AT, table: `state-${tables++}` };
  await createStateTable(running, at);
  const clock = new ManualClock(START);
  const stores: StateStore[] = [];
  const another = async () => {
    const store = openBigtableStore({ ...at, endpoint: running.address, clock });
    stores.push(store);
    return store;
  };
  return {
    store: await another(),
    clock,
    another,
    async dispose() {
      for (const store of stores) await store.close();
    },
  };
};

if (wantsGo()) testStateStoreContract('Bigtable', underTest, { runs: 20 });
else it('StateStore contract: Bigtable', (context) => needGo(context));

it('says what is missing in the cloud, and what may pass', async (context) => {
  needGo(context);
  const own = await startBigtable();
  const clock = new ManualClock(START);
  const store = openBigtableStore({ ...AT, table: 'none', endpoint: own.address, clock, timeoutMs: 2_000 });
  await expect(store.get('k')).rejects.toThrow(ConfigError);
  await expect(store.put('k', { a: '1' })).rejects.toThrow('Deploy the infrastructure');
  await own.stop();
  await expect(store.put('k', { a: '1' })).rejects.toThrow(UpstreamError);
  await store.close();
});

it('refuses an endpoint that is none', () => {
  const clock = new ManualClock(START);
  expect(() => openBigtableStore({ ...AT, table: 't', endpoint: 'http://x', clock })).toThrow('host:port');
});
