/**
 * Prints what people with a Prometheus or a Grafana of their own load into it:
 *   node infra/monitoring/main.ts rules | grafana | cloud
 */
import { cloudDashboard, grafanaDashboard } from './draw.ts';
import { prometheusRules } from './prometheus.ts';

const PRINTS: Readonly<Record<string, () => object>> = {
  rules: prometheusRules,
  grafana: grafanaDashboard,
  cloud: cloudDashboard,
};

const print = PRINTS[process.argv[2] ?? ''];
if (print) process.stdout.write(`${JSON.stringify(print(), null, 2)}\n`);
else {
  process.stderr.write(
    `Expected one of ${Object.keys(PRINTS).join(', ')}, got "${process.argv[2] ?? ''}".\n`,
  );
  process.exitCode = 4;
}
