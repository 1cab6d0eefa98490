/** The families of resources, in the order in which they need each other. */
import { giveAccess } from './access.ts';
import { makeAccounts } from './accounts.ts';
import { makeApis } from './apis.ts';
import { makeBucket } from './bucket.ts';
import { makeCompute } from './compute.ts';
import type { Config } from './config.ts';
import { makeHistory } from './dataset.ts';
import { registryOf } from './images.ts';
import { makeRegistry } from './registry.ts';
import { makeSecrets } from './secrets.ts';
import { addressOf, openStack } from './stack.ts';
import { makeState } from './state.ts';
import { makeTopics } from './topics.ts';

/** Makes all of a stack. What it returns are the stack's outputs: where things are, for people and pipelines. */
export function makeAll(config: Config) {
  const stack = openStack(config, makeApis(config));
  const accounts = makeAccounts(stack);
  const { dataset, tables, writable } = makeHistory(stack, accounts);
  const topics = makeTopics(stack, accounts, writable);
  const [state, secrets, registry, bucket] = [
    makeState(stack),
    makeSecrets(stack),
    makeRegistry(stack),
    makeBucket(stack),
  ];
  const rights = giveAccess(stack, accounts, { topics, dataset, tables, state, secrets, registry, bucket });
  makeCompute(stack, accounts, { rights, bucket, tables: [...tables.values()] });
  return {
    images: registryOf(config),
    imageTag: config.imageTag ?? '',
    webhook: addressOf(stack.services.find(({ isPublic }) => isPublic)!, stack),
    secrets: [...secrets.keys()],
  };
}
