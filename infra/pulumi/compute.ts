/** All that runs, and what it runs on. */
import type { Resource } from '@pulumi/pulumi';
import type { Accounts } from './accounts.ts';
import { makeBudget } from './budget.ts';
import { makeChecks } from './checks.ts';
import type { Platform } from './cloud-run.ts';
import { makeFunctions } from './functions.ts';
import { makeGraph } from './graph.ts';
import { makeChannel, makeMonitoring } from './monitoring.ts';
import { makeNetwork } from './network.ts';
import { makeRelays } from './relay.ts';
import { makeSchedules } from './schedules.ts';
import type { Stack } from './stack.ts';
import { makeQueues } from './tasks.ts';

/** What there is before anything runs. */
export interface Ground {
  /** Rights that services need to start. */
  readonly rights: readonly Resource[];
  readonly bucket: Resource;
  /** History, as SQL reads it. */
  readonly tables: readonly Resource[];
}

export function makeCompute(stack: Stack, accounts: Accounts, { rights, bucket, tables }: Ground): void {
  const network = makeNetwork(stack);
  const platform: Platform = { stack, accounts, network, rights: [...rights, bucket] };
  makeRelays(platform);
  makeGraph(platform);
  makeQueues(stack, accounts);
  const functions = makeFunctions(platform);
  makeSchedules(stack, accounts, functions);
  makeChecks(stack, tables);
  const channel = makeChannel(stack);
  // While nothing runs there is nothing to miss.
  if (functions.size > 0) makeMonitoring(stack, channel);
  makeBudget(stack, channel);
}
