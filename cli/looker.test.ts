import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LookerFlags, lookerUrl, viewNames } from './looker.ts';

const CST = resolve(import.meta.dirname, 'cst.js');
const FLAGS: LookerFlags = { project: 'my-project', dataset: 'history', name: 'Paper & more' };

/** Of data sources of type BigQuery table, as the Linking API documents them. */
const DOCUMENTED = [
  ...['connector', 'type', 'projectId', 'billingProjectId', 'datasetId', 'tableId', 'isPartitioned'],
  ...['datasourceName', 'keepDatasourceName', 'refreshFields'],
];

describe('the address of a Looker Studio report', () => {
  it('wires each view as a data source', () => {
    const url = new URL(lookerUrl(FLAGS, viewNames()));
    expect([url.origin, url.pathname]).toEqual(['https://lookerstudio.google.com', '/reporting/create']);
    expect(viewNames()).toEqual(['looker_equity', 'looker_feed', 'looker_signals', 'looker_trades']);
    for (const view of viewNames()) {
      const of = (name: string) => url.searchParams.get(`ds.${view}.${name}`);
      expect(['connector', 'type', 'projectId', 'datasetId', 'tableId', 'billingProjectId'].map(of)).toEqual([
        ...['bigQuery', 'TABLE', 'my-project', 'history', view, 'my-project'],
      ]);
    }
  });

  it('has no parameter that is not documented', () => {
    const url = new URL(lookerUrl({ ...FLAGS, template: 'abc-1' }, viewNames()));
    const rest = [...url.searchParams.keys()].filter((name) => {
      const [kind, alias = '', key = ''] = name.split('.');
      return !(kind === 'ds' && viewNames().includes(alias) && DOCUMENTED.includes(key));
    });
    expect(rest).toEqual(['c.reportId', 'c.mode', 'r.reportName']);
    expect(url.searchParams.get('r.reportName')).toBe('Paper & more');
  });

  it('is printed, alone, for a browser', () => {
    const run = spawnSync(process.execPath, [CST, 'looker', '--project', 'my-project'], { encoding: 'utf8' });
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toMatch(
      /^https:\/\/lookerstudio\.google\.com\/reporting\/create\?c\.mode=edit&\S+\n$/,
    );
  });

  it.each([
    ['a project that is none', { project: 'My Project' }, /--project/],
    ['a dataset that is none', { dataset: 'a.b' }, /--dataset/],
    ['a template that is none', { template: 'a&b' }, /--template/],
    ['a payer that is none', { billingProject: 'x' }, /--billing-project/],
  ])('refuses %s by name', (_, known, message) => {
    expect(() => lookerUrl({ ...FLAGS, ...known }, viewNames())).toThrow(message);
  });
});
