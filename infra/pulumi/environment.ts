/** What a service is told by its environment: what services.ts says, and where the others are. */
import type { Input } from '@pulumi/pulumi';
import { DATASET, STATE } from './names.ts';
import type { Service } from './service.ts';
import { addressOf, callersOf, emailOf, type Stack } from './stack.ts';

/** Without its secrets, which are mounted from Secret Manager. Names as in infra/functions/README.md. */
export function environmentOf(service: Service, stack: Stack): Record<string, Input<string>> {
  const { config, services } = stack;
  const callers = callersOf(service).map((caller) => emailOf(`call-${caller}`, config));
  return {
    GOOGLE_CLOUD_PROJECT: config.project,
    ...(config.otlpEndpoint !== null && { OTEL_EXPORTER_OTLP_ENDPOINT: config.otlpEndpoint }),
    ...(config.traces && { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://telemetry.googleapis.com' }),
    ...service.env,
    ...(service.state !== 'nothing' && {
      CST_BIGTABLE_INSTANCE: STATE.instance,
      CST_BIGTABLE_TABLE: STATE.table,
      CST_BIGTABLE_APP_PROFILE: STATE.appProfile,
    }),
    ...(service.loads.length > 0 && { CST_HISTORY_DATASET: DATASET }),
    ...(callers.length > 0 && {
      CST_AUDIENCE: addressOf(service, stack),
      CST_CALLERS: callers.join(','),
    }),
    ...(service.enqueues.length > 0 && {
      CST_TASKS_LOCATION: config.region,
      CST_TASKS_SIGNER: emailOf('call-tasks', config),
      CST_CHART_URL: addressOf(services.find(({ works }) => works.length > 0)!, stack),
    }),
  };
}
