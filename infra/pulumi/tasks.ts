/** Queues of Cloud Tasks, and who may put tasks into them. */
import * as gcp from '@pulumi/gcp';
import type { Accounts } from './accounts.ts';
import { QUEUES } from './service.ts';
import type { Stack } from './stack.ts';

export function makeQueues(stack: Stack, accounts: Accounts): void {
  for (const name of QUEUES) makeQueue(name, stack, accounts);
}

function makeQueue(name: (typeof QUEUES)[number], stack: Stack, accounts: Accounts): void {
  const { config, services, options } = stack;
  const location = config.region;
  const worker = services.find(({ works }) => works.includes(name))!;
  const queue = new gcp.cloudtasks.Queue(
    name,
    {
      name,
      location,
      // An instance takes one at a time.
      rateLimits: { maxConcurrentDispatches: worker.instances.max, maxDispatchesPerSecond: 10 },
      // A picture that is an hour late is of another market.
      retryConfig: { maxAttempts: 20, maxRetryDuration: '3600s', minBackoff: '1s', maxBackoff: '120s' },
    },
    options,
  );
  for (const service of services.filter(({ enqueues }) => enqueues.includes(name))) {
    const { member } = accounts.services.get(service.name)!;
    new gcp.cloudtasks.QueueIamMember(
      `${name}-by-${service.name}`,
      { name: queue.name, location, role: 'roles/cloudtasks.enqueuer', member },
      options,
    );
  }
}
