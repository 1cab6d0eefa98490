/** One subscription as schemas/subscriptions.ts has it, with Pub/Sub's right to move what is refused out of it. */
import * as gcp from '@pulumi/gcp';
import { ComponentResource, type CustomResourceOptions, type Input, type Resource } from '@pulumi/pulumi';
import type { SubscriptionSettings } from '../../schemas/subscriptions.ts';

/** Pulled where it says neither. */
export interface Delivery {
  readonly settings: SubscriptionSettings;
  readonly push?: { readonly address: Input<string>; readonly signer: Input<string> };
  readonly bigQuery?: gcp.types.input.pubsub.SubscriptionBigqueryConfig;
  /** What must be there before. */
  readonly after?: readonly Resource[];
}

export interface Surroundings {
  readonly topic: gcp.pubsub.Topic;
  readonly undelivered: gcp.pubsub.Topic;
  /** Pub/Sub's own account. */
  readonly pubsub: Input<string>;
  readonly options: CustomResourceOptions;
}

export class Subscription extends ComponentResource {
  readonly subscription: gcp.pubsub.Subscription;

  constructor(delivery: Delivery, around: Surroundings) {
    const { settings, after = [] } = delivery;
    super('cst:Subscription', settings.id, {}, around.options);
    const { id, deadLetter } = settings;
    const parent = { parent: this };
    this.subscription = new gcp.pubsub.Subscription(id, argsOf(delivery, around), {
      ...parent,
      dependsOn: [...after],
    });
    if (deadLetter === null) return;
    const args = {
      subscription: this.subscription.name,
      role: 'roles/pubsub.subscriber',
      member: around.pubsub,
    };
    new gcp.pubsub.SubscriptionIAMMember(`${id}-undelivered`, args, parent);
  }
}

function argsOf(delivery: Delivery, { topic, undelivered }: Surroundings): gcp.pubsub.SubscriptionArgs {
  const { settings, push, bigQuery } = delivery;
  const { id, retry, deadLetter } = settings;
  return {
    name: id,
    topic: topic.name,
    ackDeadlineSeconds: settings.ackDeadlineS,
    messageRetentionDuration: `${settings.retentionS}s`,
    enableMessageOrdering: settings.isOrdered,
    // Without a time to live it never expires.
    expirationPolicy: { ttl: '' },
    ...(retry && { retryPolicy: { minimumBackoff: `${retry.minS}s`, maximumBackoff: `${retry.maxS}s` } }),
    ...(deadLetter && {
      deadLetterPolicy: { deadLetterTopic: undelivered.id, maxDeliveryAttempts: deadLetter.maxAttempts },
    }),
    ...(push && {
      pushConfig: {
        pushEndpoint: push.address,
        oidcToken: { serviceAccountEmail: push.signer, audience: push.address },
      },
    }),
    ...(bigQuery && { bigqueryConfig: bigQuery }),
  };
}
