/** The daily checks of history are statements of GoogleSQL over the tables as they are. */
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { STACKS, type Stacked, stackOfTier } from '../../infra/pulumi/mocked.fixture.ts';
import { needReference } from '../sql/install.ts';
import { seededTables, tablesOf } from '../sql/seeded.ts';
import { type Reference, startReference } from '../sql/zetasql.ts';

const CHECK = 'gcp:bigquery/dataTransferConfig:DataTransferConfig';
/** What is in front of a script's assertion, which the reference takes alone. */
const DEFAULT_DATASET = /^SET @@dataset_id = 'history';\n/;

let stack: Stacked;
let starting: Promise<Reference> | undefined;

function referenceFor(context: Pick<TestContext, 'skip'>): Promise<Reference> {
  starting ??= startReference(needReference(context));
  return starting;
}

beforeAll(async () => {
  stack = await stackOfTier(STACKS[0]!);
});

afterAll(async () => {
  await (await starting)?.stop();
});

describe('the daily checks', () => {
  it('are taken by the reference implementation of GoogleSQL', async (context) => {
    const reference = await referenceFor(context);
    const scripts = stack.filter(({ type }) => type === CHECK).map(({ inputs }) => inputs.params.query);
    expect(scripts.length).toBeGreaterThan(10);
    for (const script of scripts) {
      expect(script).toMatch(DEFAULT_DATASET);
      await reference.analyze(script.replace(DEFAULT_DATASET, ''), tablesOf(seededTables(1)));
    }
    await expect(reference.analyze('ASSERT NOT EXISTS (SELECT nothing)', [])).rejects.toThrow('nothing');
  });
});
