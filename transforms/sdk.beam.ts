/**
 * Loads apache-beam 2.49 so that Node 24 can run it. Whoever imports apache-beam imports this first: its modules need
 * a function that Node has dropped, and import each other in a circle that only works when entered here.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The CommonJS object, which serialize-closures reads; the one that ESM sees cannot be added to. */
const util = require('node:util') as { isPrimitive?: (value: unknown) => boolean };
util.isPrimitive ??= (value) => value === null || (typeof value !== 'object' && typeof value !== 'function');

require('apache-beam/pvalue');
