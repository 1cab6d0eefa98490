/** Timers of Cloud Scheduler: each posts to its service, signed. */
import * as gcp from '@pulumi/gcp';
import type { Resource } from '@pulumi/pulumi';
import type { Accounts } from './accounts.ts';
import type { Service, Timer } from './service.ts';
import { addressOf, type Stack } from './stack.ts';

/** @param running Services that are there, by name: nobody calls the others. */
export function makeSchedules(
  stack: Stack,
  accounts: Accounts,
  running: ReadonlyMap<string, Resource>,
): void {
  for (const service of stack.services) {
    const target = running.get(service.name);
    if (target === undefined) continue;
    for (const timer of service.timers) makeTimer(service, timer, { stack, accounts, target });
  }
}

interface Surroundings {
  readonly stack: Stack;
  readonly accounts: Accounts;
  readonly target: Resource;
}

function makeTimer(service: Service, timer: Timer, { stack, accounts, target }: Surroundings): void {
  const audience = addressOf(service, stack);
  const serviceAccountEmail = accounts.callers.timer.email;
  new gcp.cloudscheduler.Job(
    service.name,
    {
      name: service.name,
      region: service.region,
      description: service.about,
      schedule: timer.schedule,
      timeZone: 'Etc/UTC',
      attemptDeadline: `${timer.deadlineS}s`,
      retryConfig: { retryCount: timer.retries, minBackoffDuration: '30s', maxBackoffDuration: '120s' },
      httpTarget: {
        httpMethod: 'POST',
        uri: audience.apply((url) => `${url}${timer.path}`),
        oidcToken: { serviceAccountEmail, audience },
      },
    },
    { ...stack.options, dependsOn: [target] },
  );
}
