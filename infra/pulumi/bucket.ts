/** The bucket of the relays' leases, and of what Dataflow writes for a while. */
import * as gcp from '@pulumi/gcp';
import { bucketName } from './services.ts';
import type { Stack } from './stack.ts';

/** How long files of a job are kept that has ended, its graph among them. Unit: days. */
const KEEP_DAYS = 90;

/** It holds nothing that cannot be made anew. */
export function makeBucket({ config, options }: Stack): gcp.storage.Bucket {
  return new gcp.storage.Bucket(
    'bucket',
    {
      name: bucketName(config.project),
      location: config.region.toUpperCase(),
      forceDestroy: true,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      lifecycleRules: [
        {
          action: { type: 'Delete' },
          condition: { age: KEEP_DAYS, matchesPrefixes: ['dataflow/temp/'] },
        },
      ],
      // A lease is written every few seconds: no version of it is worth keeping.
      softDeletePolicy: { retentionDurationSeconds: 0 },
    },
    options,
  );
}
