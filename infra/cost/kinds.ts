/** What each kind of resource of infra/pulumi is billed by, or why it costs nothing. */
import type { Sku } from './prices.ts';

type Billed = readonly [Sku, ...Sku[]];

const NAMED = 'names or describes; what passes through is billed elsewhere';

const KINDS: Readonly<Record<string, Billed | string>> = {
  'accesscontextmanager.ServicePerimeter': 'VPC Service Controls cost nothing',
  'artifactregistry.Repository': ['Artifact Registry'],
  'bigquery.DataTransferConfig': ['BigQuery queries'],
  'bigquery.Dataset': NAMED,
  'bigquery.Table': ['BigQuery storage', 'BigQuery storage, long-term'],
  'bigtable.AppProfile': NAMED,
  'bigtable.GCPolicy': NAMED,
  'bigtable.Instance': ['Bigtable node', 'Bigtable storage, SSD'],
  'bigtable.Table': NAMED,
  'billing.Budget': 'budgets cost nothing',
  'cloudrunv2.Service': [
    ...(['Cloud Run CPU, always on', 'Cloud Run memory, always on'] as const),
    ...(['Cloud Run CPU, in requests', 'Cloud Run memory, in requests', 'Cloud Run requests'] as const),
    ...(['Cloud Run CPU, idle', 'Cloud Run memory, idle'] as const),
    ...(['Logging', 'Managed Prometheus', 'Internet egress', 'Traffic between regions'] as const),
  ],
  'cloudscheduler.Job': ['Cloud Scheduler'],
  'cloudtasks.Queue': ['Cloud Tasks'],
  'compute.Address': ['External address'],
  'compute.Firewall': 'rules of the network cost nothing',
  'compute.Network': NAMED,
  'compute.Router': 'billed as its NAT',
  'compute.RouterNat': ['Cloud NAT', 'Cloud NAT data'],
  'compute.Subnetwork': NAMED,
  'dataflow.FlexTemplateJob': [
    'Dataflow CPU',
    'Dataflow memory',
    'Dataflow disk',
    'Dataflow Streaming Engine',
  ],
  'dns.ManagedZone': 'a few cents, and only behind a perimeter',
  'dns.RecordSet': 'billed as its zone',
  'logging.Metric': 'counts of the platform’s own logs: a few series',
  'monitoring.AlertPolicy': 'announced to be billed: see NOT_COUNTED',
  'monitoring.Dashboard': 'dashboards cost nothing',
  'monitoring.NotificationChannel': 'mail costs nothing',
  'monitoring.Service': NAMED,
  'monitoring.Slo': NAMED,
  'monitoring.UptimeCheckConfig': 'free up to a million checks a month',
  'projects.Service': 'APIs are billed by their use',
  'projects.ServiceIdentity': 'accounts cost nothing',
  'pubsub.Schema': NAMED,
  'pubsub.Subscription': ['Pub/Sub throughput', 'Pub/Sub to BigQuery'],
  'pubsub.Topic': ['Pub/Sub throughput'],
  'secretmanager.Secret': ['Secret Manager'],
  'serviceaccount.Account': 'accounts cost nothing',
  'storage.Bucket': ['Cloud Storage writes'],
  'storage.BucketObject': 'some kilobytes',
};

export const BILLED: readonly Sku[] = Object.values(KINDS).flatMap((by) =>
  typeof by === 'string' ? [] : by,
);

/** Prices, or a reason; undefined where nobody has thought of it. */
export function billedBy(kind: string): readonly Sku[] | string | undefined {
  return /I(am|AM)/.test(kind) ? 'rights cost nothing' : KINDS[kind];
}
