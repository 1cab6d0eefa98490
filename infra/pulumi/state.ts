/** Live state in Bigtable: one table, whose two families and their garbage collection are the state store's own. */
import * as gcp from '@pulumi/gcp';
import { FAMILIES } from '../../connectors/state/bigtable/families.ts';
import { STATE } from './names.ts';
import type { Stack } from './stack.ts';

/** From here on a node is added: beyond it Bigtable answers late. Unit: percent. */
const CPU_TARGET = 60;

/** In zone b, which every region has. */
export function makeState({ config, data }: Stack): gcp.bigtable.Table {
  const { region, stateNodes, keepHistory } = config;
  const instance = new gcp.bigtable.Instance(
    STATE.instance,
    {
      name: STATE.instance,
      displayName: 'Live state',
      deletionProtection: keepHistory,
      clusters: [
        {
          clusterId: `${STATE.instance}-1`,
          zone: `${region}-b`,
          storageType: 'SSD',
          autoscalingConfig: { minNodes: stateNodes.min, maxNodes: stateNodes.max, cpuTarget: CPU_TARGET },
        },
      ],
    },
    data,
  );
  const table = new gcp.bigtable.Table(
    STATE.table,
    {
      name: STATE.table,
      instanceName: instance.name,
      columnFamilies: Object.values(FAMILIES).map(({ name }) => ({ family: name })),
      deletionProtection: keepHistory ? 'PROTECTED' : 'UNPROTECTED',
    },
    data,
  );
  for (const { name, maxVersions, maxAgeS } of Object.values(FAMILIES)) {
    new gcp.bigtable.GCPolicy(
      `${STATE.table}-${name}`,
      {
        instanceName: instance.name,
        table: table.name,
        columnFamily: name,
        gcRules: gcRulesOf(maxVersions, maxAgeS),
      },
      data,
    );
  }
  new gcp.bigtable.AppProfile(
    STATE.appProfile,
    {
      appProfileId: STATE.appProfile,
      instance: instance.name,
      description: 'Compare and set',
      singleClusterRouting: { clusterId: `${STATE.instance}-1`, allowTransactionalWrites: true },
      ignoreWarnings: true,
    },
    data,
  );
  return table;
}

/** A cell is garbage once either holds. */
function gcRulesOf(maxVersions: number, maxAgeS: number | null): string {
  const rules = [{ max_version: maxVersions }, ...(maxAgeS === null ? [] : [{ max_age: `${maxAgeS}s` }])];
  return JSON.stringify(rules.length === 1 ? { rules } : { mode: 'union', rules });
}
