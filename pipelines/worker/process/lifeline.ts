/**
 * Preloaded into a child (`node --import`): the child ends when its standard input does, that is, when its parent is
 * gone however it went (kill -9 too). It acts when the event loop is next free, which a worker sees to (stage/source.ts).
 */

process.stdin.on('end', () => process.exit(1));
process.stdin.on('error', () => process.exit(1));
process.stdin.resume();
// A worker that is done must not be kept by its own lifeline.
if ('unref' in process.stdin) process.stdin.unref();
