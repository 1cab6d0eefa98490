/** `cst looker`: the address at which Looker Studio makes a report over the views of history, by its Linking API. */
import { queries } from '../bq/catalog.ts';
import { ConfigError } from '../schemas/errors.ts';
import { PROJECT_ID } from '../schemas/project-id.ts';

export interface LookerFlags {
  readonly project?: string;
  readonly dataset: string;
  readonly billingProject?: string;
  readonly template?: string;
  readonly name: string;
  readonly json?: boolean;
}

const CREATE = 'https://lookerstudio.google.com/reporting/create';
const DATASET = /^\w{1,1024}$/;
const REPORT = /^[\w-]+$/;

const { GOOGLE_CLOUD_PROJECT } = process.env;

/** @throws ConfigError naming the flag. */
export function runLooker(flags: LookerFlags): void {
  const views = viewNames();
  const url = lookerUrl(flags, views);
  process.stdout.write(flags.json ? `${JSON.stringify({ url, views })}\n` : `${url}\n`);
}

/** Those that reports read, in the order of their names. */
export function viewNames(): string[] {
  return queries()
    .filter(({ layer }) => layer === 'looker')
    .map(({ name }) => name);
}

/**
 * Each view is a data source named like it; aliases are the views' names, too, so that a template can be made to match.
 * Parameters: https://developers.google.com/looker-studio/integrate/linking-api. @throws ConfigError
 */
export function lookerUrl(flags: LookerFlags, views: readonly string[]): string {
  const projectId = checked(flags.project ?? GOOGLE_CLOUD_PROJECT, PROJECT_ID, '--project my-project');
  const datasetId = checked(flags.dataset, DATASET, '--dataset history');
  const billingProjectId = checked(
    flags.billingProject ?? projectId,
    PROJECT_ID,
    '--billing-project my-project',
  );
  const url = new URL(CREATE);
  if (flags.template !== undefined)
    url.searchParams.set('c.reportId', checked(flags.template, REPORT, '--template REPORT_ID'));
  url.searchParams.set('c.mode', 'edit');
  url.searchParams.set('r.reportName', flags.name);
  for (const tableId of views) {
    const source = {
      connector: 'bigQuery',
      type: 'TABLE',
      projectId,
      billingProjectId,
      datasetId,
      tableId,
      datasourceName: tableId,
      refreshFields: 'true',
    };
    for (const [name, value] of Object.entries(source)) url.searchParams.set(`ds.${tableId}.${name}`, value);
  }
  return url.href;
}

function checked(value: string | undefined, shape: RegExp, example: string): string {
  if (value !== undefined && shape.test(value)) return value;
  const [flag] = example.split(' ');
  throw new ConfigError(
    `Expected ${flag}, e.g. ${example}, got ${value === undefined ? 'none' : `"${value}"`}.`,
  );
}
