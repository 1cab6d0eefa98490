/** One case in this process: `node bench/case.ts <benchmark> <index>` prints its row and peak memory as JSON. */
import { BENCHMARKS } from './all.ts';

const [name, index] = process.argv.slice(2);
const row = await BENCHMARKS.find((benchmark) => benchmark.name === name)?.cases[Number(index)]?.run();
const peakMb = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(`${JSON.stringify({ row, peakMb })}\n`);
process.exit(0);
