/**
 * Every setting of a stack: default, unit and reason in one place.
 * `pulumi config set cst:NAME VALUE`, `pulumi config set --path cst:budget.amount 300`, or Pulumi.STACK.yaml.
 */
import { z } from 'zod';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { MacroParams } from '../../schemas/macro-params.ts';
import { SignalParams } from '../../schemas/params.ts';
import { Venue, VenueSymbol } from '../../schemas/primitives.ts';
import { PROJECT_ID } from '../../schemas/project-id.ts';
import { TABLE_NAMES } from '../../schemas/tables.ts';

/** Cloud Run and Pub/Sub regions, e.g. `europe-west1`. */
const Region = z.string().regex(/^[a-z]+-[a-z]+\d{1,2}$/, 'expected a region, e.g. europe-west1');
const Label = z
  .string()
  .regex(/^[\p{Ll}\p{Lo}\d_-]{0,63}$/u, 'expected small letters, digits, _ and -, at most 63');
const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hex digits');
const Numbered = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^-?\d{1,20}$/, 'expected a number, e.g. -1001234567890'));
const Json = z.record(z.string(), z.json());
/** What differs from the defaults of a schema: told by a preview, rather than by what does not start. */
const overrides = (schema: z.ZodType) =>
  Json.superRefine((given, context) => {
    for (const { path, message } of schema.safeParse(given).error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  }).default({});
const count = (value: number, most: number, text: string) =>
  z.number().int().min(1).max(most).default(value).describe(text);

export const STAGES = ['dev', 'prod'] as const;
export const TIERS = ['single-node', 'dataflow'] as const;
export const IMAGES = ['relay', 'functions', 'node', 'worker', 'launcher'] as const;
export type Image = (typeof IMAGES)[number];

const Relay = z
  .strictObject({
    venue: Venue,
    region: Region.optional().describe('Where its pair runs, if not with the rest: near its exchange.'),
    symbols: z.array(VenueSymbol).default([]).describe('None named: the universe, the first by turnover.'),
    universe: z.number().int().min(1).max(500).default(25).describe('Its size.'),
  })
  .refine(({ venue, symbols }) => venue !== 'kraken' || symbols.length > 0, {
    path: ['symbols'],
    message: 'expected some: Kraken has spot pairs, and a universe is of perpetuals',
  });

export const Settings = z.strictObject({
  project: z
    .string('expected it: pulumi config set gcp:project my-project')
    .regex(PROJECT_ID, 'expected the id of a Google Cloud project')
    .describe('Google Cloud project (gcp:project); one to a stack, since resources are named alike in all.'),
  // Bybit's matching engine is in Singapore: each millisecond from it is one more to the signal, and to the order.
  region: Region.default('asia-southeast1').describe('Where all runs and is kept (gcp:region).'),
  stage: z
    .enum(STAGES, `expected ${STAGES.join(' or ')}: pulumi config set cst:stage dev`)
    .describe('What the stack is for; default its name. `prod` keeps its data when it is destroyed.'),
  tier: z
    .enum(TIERS)
    .default('single-node')
    .describe(
      'What runs the graph: one always-on process, cheap for tens of symbols, or a Dataflow job. Data stays when it changes.',
    ),
  runGraph: z
    .boolean()
    .default(true)
    .describe(
      'Off and on again, one `pulumi up` each, to change the tier: two graphs would share the messages.',
    ),
  relays: z
    .array(Relay)
    .min(1)
    .refine((all) => new Set(all.map(({ venue }) => venue)).size === all.length, 'expected each venue once')
    .default([{ venue: 'bybit', symbols: [], universe: 25 }])
    .describe(
      'Exchanges that are read, each by a pair of relays of which one publishes. An exchange may refuse some countries.',
    ),
  instruments: z
    .array(z.string().regex(/^\w+:[^:]+$/, 'expected venue:symbol, e.g. bybit:BTCUSDT'))
    .min(1)
    .default(['bybit:BTCUSDT', 'bybit:ETHUSDT'])
    .describe(
      'What MACRO judges and an account trades; of a pair the first is traded, the next stand in for it.',
    ),
  imageTag: z
    .string()
    .regex(/^[\w][\w.-]{0,127}$/)
    .nullable()
    .default(null)
    .describe('Tag of the images. None: nothing runs yet, and there is a registry to push them to.'),
  imageDigests: z
    .partialRecord(z.enum(IMAGES), Digest)
    .default({})
    .describe('Digests that hold instead of the tag: what was tested is what runs.'),
  chats: z.array(Numbered).min(1).describe('Telegram chats that are told and listened to.'),
  users: z
    .array(Numbered)
    .default([])
    .describe('People who may command; all in the chats where none is named.'),
  deskParams: overrides(DeskConfig).describe(
    'What differs from the defaults of the desk in docs/PARAMETERS.md.',
  ),
  graphParams: overrides(SignalParams).describe(
    'The same, of the graph: candles, levels, strategies. A running job takes them over.',
  ),
  macroParams: overrides(MacroParams).describe('The same, of MACRO.'),
  notifierParams: Json.default({}).describe('The same, of the notifier.'),
  broker: Json.default({}).describe(
    'Where real orders may go, e.g. {"enabled": true} for the testnet; none: on paper. Its keys are secrets.',
  ),
  keepHistory: z
    .boolean()
    .optional()
    .describe(
      'Whether data is protected from deletion and outlives `pulumi destroy`; default in prod alone.',
    ),
  traces: z
    .boolean()
    .default(false)
    .describe(
      'Spans of each signal’s way go to Cloud Trace; beside it they are in metrics and log in any case.',
    ),
  tickHistory: z
    .boolean()
    .default(false)
    .describe(
      'Whether each trade becomes a row of history, minutes later; candles do not need them (docs/COST.md).',
    ),
  keepDays: z
    .partialRecord(z.enum(TABLE_NAMES), z.number().int().min(1).max(36_500).nullable())
    .default({})
    .describe(
      'How long a table keeps its rows where not as schemas/tables.ts says; null: for ever. Unit: days.',
    ),
  stateNodes: z
    .strictObject({
      min: count(1, 100, 'Bigtable bills each for every hour.'),
      max: count(3, 100, 'Bound of the bill.'),
    })
    .refine(({ min, max }) => min <= max, 'expected min no more than max')
    .prefault({})
    .describe('Nodes of the state store, between which it scales by load.'),
  dataflow: z
    .strictObject({
      machine: z
        .string()
        .default('n2-standard-2')
        .describe('Of a worker: a core for the graph, one for the harness.'),
      maxWorkers: count(4, 1_000, 'Bound of the bill.'),
      bootstrap: VenueSymbol.array()
        .default([])
        .describe('Symbols whose history warms the graph; none: it warms by itself.'),
    })
    .prefault({})
    .describe('The Dataflow job, in that tier.'),
  alertEmail: z
    .email()
    .nullable()
    .default(null)
    .describe('Who is told when something is dead; none: nobody.'),
  deadman: z
    .boolean()
    .default(false)
    .describe(
      'Whether a single node asks an address outside Google each minute while all is well, which tells somebody when it stops. The address is a secret: who knows it can beat instead.',
    ),
  otlpEndpoint: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null)
    .describe(
      'Collector of OpenTelemetry, in reach of the network, that spans are sent to; none: they are in the log alone.',
    ),
  docsUrl: z
    .url({ protocol: /^https$/ })
    .transform((url) => (url.endsWith('/') ? url : `${url}/`))
    .nullable()
    .default(null)
    .describe(
      'Where whoever is woken reads docs/, e.g. https://git.example.com/cst/blob/main; none: alerts name the file.',
    ),
  budget: z
    .strictObject({
      amount: z.number().positive().describe('A month, in the currency of the account.'),
      billingAccount: z
        .string()
        .regex(/^[0-9A-F]{6}(-[0-9A-F]{6}){2}$/, 'expected e.g. 012345-6789AB-CDEF01'),
    })
    .nullable()
    .default(null)
    .describe('From half of it on its spending is told to alertEmail.'),
  analysts: z
    .array(
      z.string().regex(/^(user|group|serviceAccount|domain):.+$/, 'expected e.g. group:quants@example.com'),
    )
    .default([])
    .describe('Who may query history.'),
  staticEgress: z
    .boolean()
    .default(false)
    .describe(
      'One address of its own to the internet, as keys of an exchange want it; costs a NAT gateway a region.',
    ),
  accessPolicy: z
    .string()
    .regex(/^\d+$/, 'expected the number of an access policy')
    .nullable()
    .default(null)
    .describe('Where VPC Service Controls put a perimeter round the project; none: no perimeter.'),
  labels: z.record(Label, Label).default({}).describe('Beside app and stage, on everything, for the bill.'),
});

type Told = z.output<typeof Settings>;

export interface Config extends Omit<Told, 'keepHistory' | 'relays'> {
  readonly keepHistory: boolean;
  readonly relays: readonly (Told['relays'][number] & { readonly region: string })[];
}

/** @throws ConfigError naming each setting that is missing or wrong, and what to do. */
export function configOf(given: Readonly<Record<string, unknown>>): Config {
  const { success, data, error } = Settings.safeParse(given);
  if (success) return completed(data);
  const wrong = error.issues.map(({ path, message }) => `${path.join('.') || 'cst'}: ${message}`);
  throw new ConfigError(
    `Settings of the stack: ${wrong.join('; ')}. Put them right in Pulumi.STACK.yaml, or by pulumi config set.`,
  );
}

function completed({ keepHistory, relays, ...told }: Told): Config {
  return {
    ...told,
    keepHistory: keepHistory ?? told.stage === 'prod',
    relays: relays.map((relay) => ({ ...relay, region: relay.region ?? told.region })),
  };
}
