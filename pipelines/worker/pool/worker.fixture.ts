/** Stands for a worker in tests of what holds workers; its id says how it behaves, its flags come back as a line. */
import { connect } from 'node:net';

const flags = process.argv.slice(2).filter((arg) => arg.startsWith('--'));
const id = flags.find((flag) => flag.startsWith('--id='))?.slice('--id='.length) ?? '';
const [port] = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));

// A connection that whoever listens sees closing when this process is gone.
if (port !== undefined) connect(Number(port), '127.0.0.1');
if (id.startsWith('stubborn')) process.on('SIGTERM', () => console.log('stays'));
const heap = process.execArgv.filter((flag) => flag.startsWith('--max-old-space-size='));
console.log(['ready', ...heap, ...flags].join(' '));
if (id.startsWith('failing')) {
  console.error('cannot go on');
  process.exitCode = 3;
} else if (!id.startsWith('done')) setInterval(() => undefined, 2 ** 30);
