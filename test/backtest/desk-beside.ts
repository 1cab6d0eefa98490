/** A second desk on the inputs of a backtest, with a MACRO engine of other parameters. */
import type { MacroDecision } from '../../functions/macro-engine/macro.ts';
import type { DeskInput } from '../../functions/trade-desk/input.ts';
import { EMPTY_DESK } from '../../functions/trade-desk/state.ts';
import { desk } from '../../functions/trade-desk/trade-desk.ts';
import { DeskConfig } from '../../schemas/desk-params.ts';
import type { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';

export class DeskBeside {
  readonly events: PositionEvent[] = [];
  readonly biases: MacroBias[] = [];
  readonly swings: SwingSignal[] = [];
  readonly #config = DeskConfig.parse({});
  readonly #decide: ReadonlyMap<string, (slot: number) => MacroDecision>;
  #state = EMPTY_DESK;

  constructor(decide: ReadonlyMap<string, (slot: number) => MacroDecision>) {
    this.#decide = decide;
  }

  take(input: DeskInput): void {
    if (input.kind === 'swing') return;
    if (input.kind !== 'bias') {
      this.#tell(input);
      return;
    }
    const { at } = input;
    const { bias, swing } = this.#decide.get(input.bias.pair)!(input.bias.timestamp);
    this.biases.push(bias);
    this.#tell({ kind: 'bias', at, bias });
    if (swing === null) return;
    this.swings.push(swing);
    this.#tell({ kind: 'swing', at, swing });
  }

  #tell(input: DeskInput): void {
    const { state, events } = desk(this.#state, input, this.#config);
    const ids = events.map(({ id }) => id);
    const told = { kind: 'published', at: input.at, book: 'default', ids } as const;
    this.#state = ids.length > 0 ? desk(state, told, this.#config).state : state;
    this.events.push(...events);
  }
}
