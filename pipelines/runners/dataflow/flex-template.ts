/** What a Flex Template says of itself: parameters for people who start jobs from the console, checked as our flags are. */
import { z } from 'zod';
import { VENUES } from '../../../schemas/primitives.ts';
import { DataflowOptions } from './options.ts';

interface Parameter {
  readonly name: string;
  readonly label: string;
  readonly helpText: string;
  readonly isOptional: boolean;
  readonly regexes: readonly string[];
  readonly paramType: 'TEXT';
}

const INSTANT = '^[0-9]{8}$|^[0-9]{12,15}$|^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+)?)?$';

/** `metadata.json` of `gcloud dataflow flex-template build`; infra/dataflow/flex/main.py takes what it names. */
export function flexMetadata() {
  return {
    name: 'Crypto Signal Tracker',
    description: 'Trades on Pub/Sub in; candles, levels, features and scalp signals out.',
    streaming: true,
    supportsAtLeastOnce: false,
    supportsExactlyOnce: true,
    defaultStreamingMode: 'EXACTLY_ONCE',
    parameters: [
      workerImage(),
      optional(
        'venue',
        'Exchange',
        `Whose candles are traded on: ${VENUES.join(', ')}.`,
        `^(${VENUES.join('|')})$`,
      ),
      optional('history', 'History', 'Klines of the exchange warm the graph: exchange.', '^exchange$'),
      optional(
        'symbols',
        'Symbols',
        'Of the history, separated by commas.',
        '^[A-Za-z0-9]+(,[A-Za-z0-9]+)*$',
      ),
      optional(
        'start',
        'Start',
        'Signals of bars that closed before are not emitted; needed with history.',
        INSTANT,
      ),
      optional(
        'params',
        'Parameters',
        'JSON with parameters that differ from the default.',
        '^\\{[\\s\\S]*\\}$',
      ),
    ],
  };
}

function workerImage(): Parameter {
  const { pattern = '', description: helpText = '' } = z.toJSONSchema(DataflowOptions.shape.image);
  return {
    name: 'workerImage',
    label: 'Worker image',
    helpText,
    isOptional: false,
    regexes: [pattern],
    paramType: 'TEXT',
  };
}

function optional(name: string, label: string, helpText: string, regex: string): Parameter {
  return { name, label, helpText, isOptional: true, regexes: [regex], paramType: 'TEXT' };
}
