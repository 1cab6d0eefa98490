/** A budget of the project: who is told, and when. It stops nothing. */
import * as gcp from '@pulumi/gcp';
import type { Stack } from './stack.ts';

/** Parts of the month's amount; the last is of what the month will come to as it goes. */
const THRESHOLDS = [
  { thresholdPercent: 0.5 },
  { thresholdPercent: 0.9 },
  { thresholdPercent: 1 },
  { thresholdPercent: 1, spendBasis: 'FORECASTED_SPEND' },
];

export function makeBudget(
  { config, options, projectNumber }: Stack,
  channel: gcp.monitoring.NotificationChannel | undefined,
): void {
  if (config.budget === null) return;
  const { amount, billingAccount } = config.budget;
  const units = Math.floor(amount);
  new gcp.billing.Budget(
    'budget',
    {
      billingAccount,
      displayName: `cst ${config.stage}`,
      budgetFilter: { projects: [projectNumber.apply((number) => `projects/${number}`)] },
      amount: { specifiedAmount: { units: String(units), nanos: Math.round((amount - units) * 1e9) } },
      thresholdRules: THRESHOLDS,
      ...(channel && { allUpdatesRule: { monitoringNotificationChannels: [channel.name] } }),
    },
    options,
  );
}
