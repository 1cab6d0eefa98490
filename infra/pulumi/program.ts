/** The families of resources, in the order in which they need each other. */
import { makeAccounts } from './accounts.ts';
import { makeApis } from './apis.ts';
import type { Config } from './config.ts';
import { openStack } from './stack.ts';

/** Makes all of a stack. What it returns are the stack's outputs: where things are, for people and pipelines. */
export function makeAll(config: Config) {
  const stack = openStack(config, makeApis(config));
  const accounts = makeAccounts(stack);
  return { project: config.project, accounts: [...accounts.services.keys()] };
}
