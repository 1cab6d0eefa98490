/** The settings as Pulumi was told them. */
import { getStack, Config as PulumiConfig } from '@pulumi/pulumi';
import { type Config, configOf, Settings, STAGES } from './config.ts';

const { shape } = Settings;

/** `gcp:project`, `gcp:region` and all of `cst:`. @throws ConfigError naming each that is missing or wrong. */
export function readConfig(): Config {
  const [google, own, stack] = [new PulumiConfig('gcp'), new PulumiConfig(), getStack()];
  const told = {
    project: google.get('project'),
    region: google.get('region'),
    stage: STAGES.find((stage) => stage === stack),
    ...Object.fromEntries(
      Object.entries(shape).flatMap(([name, schema]) => {
        const text = own.get(name);
        return text === undefined ? [] : [[name, settingOf(schema, text)]];
      }),
    ),
  };
  return configOf(Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)));
}

/** Pulumi keeps all but texts as JSON; a text is taken as it is where that fits, so that a tag of `1.0` stays one. */
function settingOf(schema: (typeof shape)[keyof typeof shape], text: string): unknown {
  if (schema.safeParse(text).success) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
