/** What `cst report` does: tells a backtest of before once more. */
import { join } from 'node:path';
import { textOf } from '../backtest/text.ts';
import { runsOf } from './folder.ts';
import { writePage } from './write.ts';

export interface ReportFlags {
  readonly json?: boolean;
  readonly html?: boolean;
}

/** @throws NotFoundError where there is no backtest. @throws ConfigError where its files are damaged. */
export function runReport(folder: string, flags: ReportFlags): void {
  if (flags.html) {
    process.stdout.write(`${writePage(folder, runsOf(folder))}\n`);
    return;
  }
  for (const { variant, report } of runsOf(folder)) {
    const path = variant === null ? folder : join(folder, variant);
    const title = variant === null ? '' : `variant ${variant}\n`;
    const told = { variant, out: path, ...report };
    process.stdout.write(flags.json ? `${JSON.stringify(told)}\n` : title + textOf(report, path, null));
  }
}
