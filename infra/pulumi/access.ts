/** Who may do what: each service's own rights, on single resources wherever Google lets one, derived from services.ts. */
import * as gcp from '@pulumi/gcp';
import { type Input, interpolate, type Output, type Resource } from '@pulumi/pulumi';
import type { TableName } from '../../schemas/tables.ts';
import type { Accounts } from './accounts.ts';
import { GRAPH, STATE } from './names.ts';
import type { Service } from './service.ts';
import type { Stack } from './stack.ts';
import type { Topics } from './topics.ts';

/** What rights are given on. */
export interface Things {
  readonly topics: Topics;
  readonly state: gcp.bigtable.Table;
  readonly secrets: ReadonlyMap<string, gcp.secretmanager.Secret>;
  readonly registry: gcp.artifactregistry.Repository;
  readonly dataset: gcp.bigquery.Dataset;
  readonly tables: ReadonlyMap<TableName, gcp.bigquery.Table>;
  readonly bucket: gcp.storage.Bucket;
}

/** Of the graph on Dataflow, which makes a subscription of its own beside each of ours to learn event time. */
const TRACKING = [
  'pubsub.subscriptions.consume',
  'pubsub.subscriptions.create',
  'pubsub.subscriptions.delete',
  'pubsub.subscriptions.get',
  'pubsub.topics.attachSubscription',
  'pubsub.topics.get',
];

/** What a service must have before it starts. */
export function giveAccess(stack: Stack, accounts: Accounts, things: Things): readonly Resource[] {
  const givers = [
    giveMessages,
    giveState,
    giveHistory,
    giveSecrets,
    giveSignature,
    giveLease,
    giveMeasures,
    giveTraces,
  ];
  const rights = stack.services.flatMap((service) => {
    const { member } = accounts.services.get(service.name)!;
    const to = { service, member, stack };
    return givers.flatMap((give) => give(to, things, accounts));
  });
  for (const member of stack.config.analysts) letAnalyse(stack, things, member);
  letPush(stack, accounts);
  return [...rights, ...(stack.config.tier === 'dataflow' ? giveJob(stack, accounts, things) : [])];
}

interface Receiver {
  readonly service: Service;
  readonly member: Output<string>;
  readonly stack: Stack;
}

function giveMessages({ service, member, stack: { options } }: Receiver, { topics }: Things): Resource[] {
  const { name, publishes, pulls } = service;
  return [
    ...publishes.map((id) => {
      const topic = topics.topics.get(id)!.name;
      const args = { topic, role: 'roles/pubsub.publisher', member };
      return new gcp.pubsub.TopicIAMMember(`${id}-by-${name}`, args, options);
    }),
    ...pulls.map(({ id }) => {
      const subscription = topics.subscriptions.get(id)!.name;
      const args = { subscription, role: 'roles/pubsub.subscriber', member };
      return new gcp.pubsub.SubscriptionIAMMember(`${id}-by-${name}`, args, options);
    }),
  ];
}

function giveState({ service, member, stack: { options } }: Receiver, { state }: Things): Resource[] {
  if (service.state === 'nothing') return [];
  const role = service.state === 'reads' ? 'roles/bigtable.reader' : 'roles/bigtable.user';
  const args = { instanceName: state.instanceName, table: state.name, role, member };
  return [new gcp.bigtable.TableIamMember(`${STATE.table}-by-${service.name}`, args, options)];
}

/** Whoever loads a table also needs leave to run the job that does. */
function giveHistory({ service, member, stack }: Receiver, { dataset, tables }: Things): Resource[] {
  const { name, loads } = service;
  if (loads.length === 0) return [];
  const editors = loads.map((table) => {
    const args = { datasetId: dataset.datasetId, tableId: tables.get(table)!.tableId, member };
    const role = 'roles/bigquery.dataEditor';
    return new gcp.bigquery.IamMember(`${table}-by-${name}`, { ...args, role }, stack.options);
  });
  return [...editors, onProject(stack, `loads-by-${name}`, 'roles/bigquery.jobUser', member)];
}

function giveSecrets({ service, member, stack: { options } }: Receiver, { secrets }: Things): Resource[] {
  return Object.values(service.secrets).map((name) => {
    const { secretId } = secrets.get(name)!;
    const args = { secretId, role: 'roles/secretmanager.secretAccessor', member };
    return new gcp.secretmanager.SecretIamMember(`${name}-by-${service.name}`, args, options);
  });
}

/** Whoever adds a task says which account signs its request. */
function giveSignature(
  { service, member, stack: { options } }: Receiver,
  _: Things,
  { callers }: Accounts,
): Resource[] {
  if (service.enqueues.length === 0) return [];
  const args = { serviceAccountId: callers.tasks.name, role: 'roles/iam.serviceAccountUser', member };
  return [new gcp.serviceaccount.IAMMember(`call-tasks-by-${service.name}`, args, options)];
}

/** Relays of a pair: the one object that says which of them publishes. */
function giveLease({ service, member, stack: { options } }: Receiver, { bucket }: Things): Resource[] {
  const { name, lease } = service;
  if (lease === null) return [];
  const object = interpolate`projects/_/buckets/${bucket.name}/objects/${lease}`;
  const condition = { title: 'lease', expression: interpolate`resource.name == "${object}"` };
  const args = { bucket: bucket.name, role: 'roles/storage.objectUser', member, condition };
  return [new gcp.storage.BucketIAMMember(`lease-by-${name}`, args, options)];
}

/** The collector beside each service writes what it measures; there is nothing smaller than the project to write it to. */
function giveMeasures({ service, member, stack }: Receiver): Resource[] {
  return [onProject(stack, `measures-by-${service.name}`, 'roles/monitoring.metricWriter', member)];
}

/** Cloud Trace knows nothing smaller than the project, either. */
function giveTraces({ service, member, stack }: Receiver): Resource[] {
  if (!stack.config.traces) return [];
  return [onProject(stack, `traces-by-${service.name}`, 'roles/telemetry.tracesWriter', member)];
}

/** The graph's account is that of Dataflow's machines: what a job needs beside its topics. */
function giveJob(stack: Stack, accounts: Accounts, { registry, bucket }: Things): Resource[] {
  const { config, options } = stack;
  const { member } = accounts.services.get(GRAPH)!;
  const tracking = new gcp.projects.IAMCustomRole(
    'tracking-subscriptions',
    {
      roleId: 'cstTrackingSubscriptions',
      title: 'Tracking subscriptions of Dataflow',
      description: 'Subscriptions by which Dataflow learns event time',
      permissions: TRACKING,
    },
    options,
  );
  return [
    onProject(stack, 'work-by-graph', 'roles/dataflow.worker', member),
    onProject(stack, 'tracking-by-graph', tracking.name, member),
    new gcp.storage.BucketIAMMember(
      'bucket-by-graph',
      { bucket: bucket.name, role: 'roles/storage.objectUser', member },
      options,
    ),
    new gcp.artifactregistry.RepositoryIamMember(
      'images-by-graph',
      {
        repository: registry.name,
        location: config.region,
        role: 'roles/artifactregistry.reader',
        member,
      },
      options,
    ),
  ];
}

/** Pub/Sub signs what it pushes as an account of ours. */
function letPush({ options }: Stack, { pubsub, callers }: Accounts): void {
  const role = 'roles/iam.serviceAccountOpenIdTokenCreator';
  const args = { serviceAccountId: callers.push.name, role, member: pubsub };
  new gcp.serviceaccount.IAMMember('call-push-by-pubsub', args, options);
}

function letAnalyse(stack: Stack, { dataset }: Things, member: string): void {
  const args = { datasetId: dataset.datasetId, role: 'roles/bigquery.dataViewer', member };
  new gcp.bigquery.DatasetIamMember(`history-by-${member}`, args, stack.options);
  onProject(stack, `queries-by-${member}`, 'roles/bigquery.jobUser', member);
}

function onProject(stack: Stack, name: string, role: Input<string>, member: Input<string>): Resource {
  const { config, options } = stack;
  return new gcp.projects.IAMMember(name, { project: config.project, role, member }, options);
}
