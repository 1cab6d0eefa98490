/** What the runner says on the command line of the container (https://s.apache.org/beam-fn-api-container-contract). */
import { parseArgs } from 'node:util';
import { ConfigError } from '../../../schemas/errors.ts';

export interface BootFlags {
  readonly id: string;
  readonly provisionEndpoint: string;
  /** Older runners name these here; what the provision service says goes first. */
  readonly controlEndpoint: string | undefined;
  readonly loggingEndpoint: string | undefined;
}

const FLAGS = ['id', 'provision_endpoint', 'control_endpoint', 'logging_endpoint'] as const;

/** Flags not known are left alone: runners add to them. @throws ConfigError where one that is needed is missing. */
export function bootFlags(argv: readonly string[]): BootFlags {
  const options = Object.fromEntries(FLAGS.map((flag) => [flag, { type: 'string' as const }]));
  const { values } = parseArgs({ args: [...argv], options, strict: false });
  const given = (flag: (typeof FLAGS)[number]) => {
    const value = values[flag];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const needed = (flag: (typeof FLAGS)[number]) => {
    const value = given(flag);
    if (value !== undefined) return value;
    throw new ConfigError(
      `Expected --${flag}=… , got none. The runner sets it when it starts this container; give it to try by hand.`,
    );
  };
  return {
    id: needed('id'),
    provisionEndpoint: needed('provision_endpoint'),
    controlEndpoint: given('control_endpoint'),
    loggingEndpoint: given('logging_endpoint'),
  };
}
