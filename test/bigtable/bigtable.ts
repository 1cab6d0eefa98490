/** Google's in-memory Bigtable (its emulator, over real gRPC) as a process of its own, and the state table in it. */
import { openClient } from '../../connectors/state/bigtable/client.ts';
import { FAMILIES } from '../../connectors/state/bigtable/families.ts';
import { type GoServer, startGoServer } from '../go-server.ts';

/** Starts a server of its own, empty. @throws UpstreamError where it cannot be built or started. */
export function startBigtable(): Promise<GoServer> {
  return startGoServer(import.meta.dirname, []);
}

/** Makes the table with its families, as the infrastructure does. */
export async function createStateTable(
  server: GoServer,
  { project, instance, table }: { project: string; instance: string; table: string },
): Promise<void> {
  const client = openClient(project, server.address);
  const families = Object.values(FAMILIES).map(({ name, maxVersions, maxAgeS }) => ({
    name,
    rule: maxAgeS === null ? { versions: maxVersions } : { versions: maxVersions, age: maxAgeS, union: true },
  }));
  await client.instance(instance).createTable(table, {
    families: families.map(({ name, rule }) => ({
      name,
      rule: 'age' in rule ? { ...rule, age: { seconds: rule.age, nanos: 0 } } : rule,
    })),
  });
  await client.close();
}
