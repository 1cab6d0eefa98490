/** Service accounts: one to each service, one to each kind of caller, and Pub/Sub's own. */
import * as gcp from '@pulumi/gcp';
import type { Output } from '@pulumi/pulumi';
import { CALLERS, type Caller, type Stack } from './stack.ts';

export interface Accounts {
  readonly services: ReadonlyMap<string, gcp.serviceaccount.Account>;
  readonly callers: Readonly<Record<Caller, gcp.serviceaccount.Account>>;
  /** `serviceAccount:…` of the account that Google runs Pub/Sub with in this project. */
  readonly pubsub: Output<string>;
}

export function makeAccounts({ services, options }: Stack): Accounts {
  const make = (accountId: string, description: string) =>
    new gcp.serviceaccount.Account(accountId, { accountId, displayName: accountId, description }, options);
  const callers = Object.entries(CALLERS).map(([name, about]) => [name, make(`call-${name}`, about)]);
  return {
    services: new Map(services.map(({ name, about }) => [name, make(name, about)])),
    callers: Object.fromEntries(callers),
    pubsub: new gcp.projects.ServiceIdentity('pubsub', { service: 'pubsub.googleapis.com' }, options).member,
  };
}
