/** Two jobs field by field, and why ours differs from the one of Beam's Python submitter where it does. */

/** One field that is not the same; undefined where a job lacks it. */
export interface Difference {
  readonly path: string;
  readonly ours: unknown;
  readonly python: unknown;
}

/** Leaves only: `environment.workerPools.0.kind`. Lists are compared by their elements' places. */
export function differencesOf(ours: unknown, python: unknown): Difference[] {
  const [a, b] = [leavesOf(ours), leavesOf(python)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((path) => a.get(path) !== b.get(path))
    .map((path) => ({ path, ours: a.get(path), python: b.get(path) }));
}

function leavesOf(value: unknown, path = ''): Map<string, unknown> {
  if (value === null || typeof value !== 'object') return new Map([[path, value]]);
  const entries = Object.entries(value);
  if (entries.length === 0) return new Map([[path, Array.isArray(value) ? '[]' : '{}']]);
  return new Map(
    entries.flatMap(([key, part]) => {
      const name = nameOf(part) ?? key;
      return [...leavesOf(part, path === '' ? name : `${path}.${name}`)];
    }),
  );
}

/** Display data have a key of their own; their order means nothing. */
function nameOf(part: unknown): string | undefined {
  const { namespace, key } = (part ?? {}) as { namespace?: unknown; key?: unknown };
  return typeof namespace === 'string' && typeof key === 'string' ? key : undefined;
}

export interface Explanation {
  readonly paths: RegExp;
  /** Which of the two has the field. */
  readonly has: 'ours' | 'python' | 'both';
  readonly why: string;
}

const OPTIONS = 'environment\\.sdkPipelineOptions\\.options';
const option = (...names: string[]) => new RegExp(`^${OPTIONS}\\.(${names.join('|')})(\\.|$)`);

const shown = (keys: string, fields: string) =>
  new RegExp(`^environment\\.sdkPipelineOptions\\.display_data\\.(${keys})\\.(${fields})$`);

/** Every difference, each with its reason. A row that explains nothing any more fails, too. */
export const EXPLAINED: readonly Explanation[] = [
  {
    paths: /^clientRequestId$/,
    has: 'python',
    why: 'New for each submission: a dry run leaves it out, so that its bytes are the same each time.',
  },
  {
    paths: /^environment\.(experiments|sdkPipelineOptions\.options\.experiments)\.7$/,
    has: 'ours',
    why: 'use_sibling_sdk_workers, as the TypeScript SDK’s own Dataflow runner adds: one container a machine.',
  },
  {
    paths: shown('\\w+', 'namespace'),
    has: 'both',
    why: 'The console shows options under the name of who set them.',
  },
  {
    paths: shown('experiments|labels|dataflow_service_options', 'value'),
    has: 'both',
    why: 'The console shows a list of ours without Python’s brackets and quotes.',
  },
  {
    paths: shown('staging_location', 'value'),
    has: 'both',
    why: 'A local folder, so that this translation stays offline.',
  },
  {
    paths: shown('enable_streaming_engine|sdk_container_image|emit_after_ms|publish_after_ms|update', '\\w+'),
    has: 'ours',
    why: 'The console shows what we set; Python shows what is not its default, and knows not all of ours.',
  },
  {
    paths: shown('\\w+', '\\w+'),
    has: 'python',
    why: 'The console shows what Python has set for itself.',
  },
  {
    paths: option('pipelineUrl'),
    has: 'both',
    why: 'Python names the graph by job and time (here: the local folder), we by its content, so that a retry meets itself.',
  },
  {
    paths: option('pipelineProtoHash'),
    has: 'both',
    why: 'Python writes the same graph again, its maps in another order; the two graphs are compared step by step.',
  },
  {
    paths: option('staging_location'),
    has: 'both',
    why: 'A local folder, so that this translation stays offline.',
  },
  {
    paths: option('template_location'),
    has: 'python',
    why: 'The switch that writes the job to a file instead of sending it.',
  },
  {
    paths: option('no_auth'),
    has: 'python',
    why: 'Offline.',
  },
  {
    paths: option('emit_after_ms', 'publish_after_ms'),
    has: 'ours',
    why: 'What an update takes over from the running job.',
  },
  {
    paths: option('sdk_container_image'),
    has: 'ours',
    why: 'Python keeps it for its own image; the service reads it from the worker pool, which is the same in both.',
  },
  {
    paths: option(
      'direct_\\w+',
      'flink_\\w+',
      'spark_\\w+',
      'prism_\\w+',
      'parallelism',
      'max_parallelism',
      'job_(port|server_\\w+)',
      'artifact_port',
      'expansion_port',
      'environment_cache_millis',
      'sdk_worker_parallelism',
      'bootstrap_servers',
      'auto_unique_labels',
      'no_wait_until_finish',
      'use_transform_service',
      'beam_services',
    ),
    has: 'python',
    why: 'Defaults of other runners.',
  },
  {
    paths: option(
      'hdfs_full_urls',
      's3_disable_ssl',
      'enable_bucket_(read|write)_metric_counter',
      'enable_gcsio_blob_generation',
      'no_gcsio_throttling_counter',
      'enable_artifact_caching',
      'gcp_oauth_scopes',
    ),
    has: 'python',
    why: 'Defaults of Python’s file systems and of its own requests.',
  },
  {
    paths: option(
      'pickle_library',
      'beam_plugins',
      'sdk_location',
      'requirements_cache_only_sources',
      'force_cloudpickle_deterministic_coders',
      'exclude_infer_dataclass_field_type',
      'max_cache_memory_usage_mb',
    ),
    has: 'python',
    why: 'How a Python worker finds its code; ours has it in its image.',
  },
  {
    paths: option(
      'disable_beartype',
      'pipeline_type_check',
      'runtime_type_check',
      'performance_runtime_type_check',
      'type_check_\\w+',
      'allow_unsafe_triggers',
      'allow_non_deterministic_key_coders',
      'resource_hints',
    ),
    has: 'python',
    why: 'Checks of graphs that are built in Python.',
  },
  {
    paths: option('profile\\w*'),
    has: 'python',
    why: 'Profiling of Python workers, off.',
  },
  {
    paths: option('dry_run', 'dataflow_endpoint', 'enable_hot_key_logging'),
    has: 'python',
    why: 'Defaults of its submitter; the job itself says the same.',
  },
];

/** The row that says why, or undefined. */
export function explanationOf({ path, ours, python }: Difference): Explanation | undefined {
  const has = python === undefined ? 'ours' : ours === undefined ? 'python' : 'both';
  return EXPLAINED.find((row) => row.has === has && row.paths.test(path));
}
