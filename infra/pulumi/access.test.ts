import { describe, expect, it } from 'vitest';
import { SUBSCRIPTIONS } from '../../schemas/subscriptions.ts';
import { TABLE_NAMES } from '../../schemas/tables.ts';
import { type Made, PROJECT, STACKS, type Stacked, stackOf, stackOfTier } from './mocked.fixture.ts';
import { SECRETS } from './service.ts';
import { UNREAD } from './topics.ts';

const RIGHT = /Iam|IAM(Member|Policy|Binding)/;
const NO_RIGHT = /IAMCustomRole/;

interface Env {
  readonly name: string;
  readonly value?: string;
  readonly valueSource?: { readonly secretKeyRef: { readonly secret: string } };
}

/** What a right is on: the field that names it, by the provider's type. */
const ON: Readonly<Record<string, string>> = {
  repository: 'repository',
  table: 'state',
  tableId: 'table',
  datasetId: 'dataset',
  subscription: 'subscription',
  topic: 'topic',
  secretId: 'secret',
  bucket: 'bucket',
  serviceAccountId: 'account',
  queue: 'queue',
  service: 'service',
  project: 'project',
};

function thingOf({ type, inputs }: Made): string {
  if (type.startsWith('gcp:cloudtasks/')) return `queue ${inputs.name}`;
  if (type.startsWith('gcp:cloudrunv2/')) return `service ${inputs.name}`;
  const field = Object.keys(ON).find((name) => inputs[name] !== undefined)!;
  const name = field === 'project' ? '' : ` ${String(inputs[field]).replace(/^.*\/|@.*$/g, '')}`;
  const condition = inputs.condition ? ` if ${inputs.condition.expression}` : '';
  return `${ON[field]}${name}${condition}`;
}

function whoOf({ inputs }: Made): string {
  return String(inputs.member)
    .replace(/^serviceAccount:/, '')
    .replace(`@${PROJECT}.iam.gserviceaccount.com`, '')
    .replace(/^service-\d+@gcp-sa-(\w+)\..*$/, 'Google’s $1');
}

const rightsOf = (stack: Stacked) => stack.filter(({ type }) => RIGHT.test(type) && !NO_RIGHT.test(type));

/** Who → role → on what, in the order of names. */
function tableOf(stack: Stacked): Record<string, Record<string, string>> {
  const byWho = Map.groupBy(rightsOf(stack), whoOf);
  const roleOf = ({ inputs }: Made) => String(inputs.role).replace(/^.*roles\//, '');
  const rolesOf = (rights: readonly Made[]) =>
    [...Map.groupBy(rights, roleOf)].map(([role, all]) => [role, all.map(thingOf).join(', ')]);
  return Object.fromEntries([...byWho].map(([who, rights]) => [who, Object.fromEntries(rolesOf(rights))]));
}

const topics = (...names: string[]) => names.map((name) => `topic ${name}`).join(', ');
const services = (...names: string[]) => names.map((name) => `service ${name}`).join(', ');
const writesState = { 'bigtable.user': 'state state', 'monitoring.metricWriter': 'project' };
const TOKEN = 'secret telegram-token';

/** All that anybody may do in a stack, but what Dataflow adds. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'relay-bybit': {
    'monitoring.metricWriter': 'project',
    'pubsub.publisher': topics('book-snapshots', 'dead-letters', 'feed-events', 'raw-tick-data'),
    'storage.objectUser':
      'bucket test-project-cst if resource.name == "projects/_/buckets/test-project-cst/objects/relay/bybit"',
  },
  'signal-graph': {
    'monitoring.metricWriter': 'project',
    'pubsub.publisher': topics(
      ...['dead-letters', 'market-candles', 'market-features', 'market-levels', 'trade-signals-micro'],
    ),
    'pubsub.subscriber': 'subscription book-snapshots, subscription raw-tick-data',
  },
  'state-sink': { ...writesState, 'pubsub.publisher': topics('dead-letters') },
  'trade-desk': { ...writesState, 'pubsub.publisher': topics('dead-letters', 'position-events') },
  'macro-engine': {
    'bigtable.reader': 'state state',
    'monitoring.metricWriter': 'project',
    'pubsub.publisher': topics('macro-bias-updates', 'trade-signals-macro'),
  },
  'telegram-notifier': {
    ...writesState,
    'pubsub.publisher': topics('dead-letters'),
    'secretmanager.secretAccessor': TOKEN,
    'cloudtasks.enqueuer': 'queue charts',
    'iam.serviceAccountUser': 'account call-tasks',
  },
  'telegram-webhook': {
    ...writesState,
    'secretmanager.secretAccessor': `${TOKEN}, secret telegram-webhook-secret`,
    'cloudtasks.enqueuer': 'queue charts',
    'iam.serviceAccountUser': 'account call-tasks',
  },
  'chart-renderer': { ...writesState, 'secretmanager.secretAccessor': TOKEN },
  'call-push': { 'run.invoker': services('state-sink', 'telegram-notifier', 'trade-desk') },
  'call-tasks': { 'run.invoker': services('chart-renderer') },
  'call-timer': { 'run.invoker': services('macro-engine', 'trade-desk') },
  'data-checks': { 'bigquery.dataViewer': 'dataset history', 'bigquery.jobUser': 'project' },
  allUsers: { 'run.invoker': services('telegram-webhook') },
  'Google’s bigquerydatatransfer': { 'iam.serviceAccountTokenCreator': 'account data-checks' },
  'Google’s pubsub': {
    'iam.serviceAccountOpenIdTokenCreator': 'account call-push',
    'pubsub.publisher': topics('undelivered'),
    'pubsub.subscriber': SUBSCRIPTIONS.filter(({ id, deadLetter }) => deadLetter !== null && !(id in UNREAD))
      .map(({ id }) => `subscription ${id}`)
      .sort()
      .join(', '),
    'bigquery.dataEditor': TABLE_NAMES.filter((name) => name !== 'ticks')
      .map((name) => `table ${name}`)
      .sort()
      .join(', '),
  },
};

/** Of Dataflow's machines. */
const JOB = {
  'artifactregistry.reader': 'repository cst',
  'dataflow.worker': 'project',
  cstTrackingSubscriptions: 'project',
  'storage.objectUser': 'bucket test-project-cst',
};

describe.each(STACKS)('in the stack of $tier in $stage', (of) => {
  it('everybody may do what they need, and no more', async () => {
    const graph = of.tier === 'dataflow' ? JOB : {};
    const table = { ...TABLE, 'signal-graph': { ...TABLE['signal-graph'], ...graph } };
    expect(tableOf(await stackOfTier(of))).toEqual(table);
  });

  it('no role is a primitive one, and none is anybody’s to give', async () => {
    const stack = await stackOfTier(of);
    const roles = rightsOf(stack).map(({ inputs }) => String(inputs.role));
    expect(
      roles.filter(
        (role) => /owner|editor$|viewer$|admin/i.test(role) && !/\.data(Editor|Viewer)$/.test(role),
      ),
    ).toEqual([]);
    // A binding or a policy would take away what others were given.
    expect(stack.filter(({ type }) => /I[Aa][Mm](Binding|Policy)$/.test(type))).toEqual([]);
  });

  it('nobody may call what is not theirs: the world may call the webhook alone', async () => {
    const open = rightsOf(await stackOfTier(of)).filter(({ inputs }) => /^all/.test(inputs.member));
    expect(open.map(thingOf)).toEqual(['service telegram-webhook']);
  });

  it('an account is there for each service, and for each kind of caller', async () => {
    const stack = await stackOfTier(of);
    const accounts = stack.filter(({ type }) => type === 'gcp:serviceaccount/account:Account');
    const members = Object.keys(TABLE).filter((who) => !/^Google|^all/.test(who));
    const ids = accounts.map(({ inputs }) => inputs.accountId);
    expect(ids.sort()).toEqual(members.sort());
    // As Google's IAM takes them: 6 to 30 letters.
    expect(ids.filter((id) => !/^[a-z][a-z\d-]{4,28}[a-z\d]$/.test(id))).toEqual([]);
  });
});

let onAccount: Promise<Stacked> | undefined;
const trading = () => {
  onAccount ??= stackOf({ broker: { enabled: true }, deadman: true, analysts: ['group:quants@example.com'] });
  return onAccount;
};

describe('secrets', () => {
  it('are places in Secret Manager, without values', async () => {
    const stack = await trading();
    const made = stack.filter(({ type }) => type.startsWith('gcp:secretmanager/secret:'));
    expect(made.map(({ inputs }) => inputs.secretId).sort()).toEqual(Object.keys(SECRETS).sort());
    expect(stack.filter(({ type }) => type.includes('secretVersion'))).toEqual([]);
  });

  it('come into a service from there alone, and only into those that need them', async () => {
    const stack = await trading();
    const services = stack.filter(({ type }) => type === 'gcp:cloudrunv2/service:Service');
    const told = services.flatMap(({ name, inputs }) =>
      inputs.template.containers[0].envs.map((env: Env) => ({ ...env, service: name })),
    );
    const secret = told.filter(({ valueSource }) => valueSource);
    expect(
      secret.map(({ service, valueSource }) => `${service} ${valueSource.secretKeyRef.secret}`).sort(),
    ).toEqual([
      'chart-renderer telegram-token',
      'signal-graph deadman-url',
      'telegram-notifier telegram-token',
      'telegram-webhook telegram-token',
      'telegram-webhook telegram-webhook-secret',
      'trade-desk bybit-key',
      'trade-desk bybit-secret',
    ]);
    const plain = told.filter(({ value }) => value !== undefined);
    expect(plain.filter(({ name }) => /TOKEN|SECRET|KEY|DEADMAN/.test(name))).toEqual([]);
  });
});

describe('an analyst', () => {
  it('may query history, and nothing else', async () => {
    const table = tableOf(await trading());
    expect(table['group:quants@example.com']).toEqual({
      'bigquery.dataViewer': 'dataset history',
      'bigquery.jobUser': 'project',
    });
  });
});
