/** What a test of an engine needs of this machine, and how it says that it is not there. */
import type { TestContext } from 'vitest';
import { type EngineName, findEngine, JAVA } from '../../pipelines/runners/portable/engines/catalog.ts';
import { assertTools } from '../../pipelines/runners/portable/engines/tools.ts';
import { messageOf } from '../../schemas/errors.ts';

/** What child processes inherit. */
export const ENVIRONMENT: Readonly<NodeJS.ProcessEnv> = process.env;
/** Runs of the whole, where a proof that is left out would be none. */
const IS_CI = Boolean(process.env.CI);

/** Skips the calling test where the engine or its Java is missing, and says what to do; in CI it fails instead. */
export async function needEngineHere(context: Pick<TestContext, 'skip'>, name: EngineName): Promise<void> {
  const missing = await whatIsMissing(name);
  if (missing === null) return;
  if (IS_CI) throw new Error(missing);
  context.skip(missing);
}

async function whatIsMissing(name: EngineName): Promise<string | null> {
  if (!findEngine(name, process.env)) return `needs ${name}: npm run -s cst -- engine install ${name}`;
  try {
    if (name === 'flink') await assertTools([JAVA], process.env);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
