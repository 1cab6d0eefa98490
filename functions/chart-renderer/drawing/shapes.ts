/** A picture as shapes in the order they are painted. Unit: px from the upper left corner. */

export type Anchor = 'start' | 'middle' | 'end';
export type Weight = 'regular' | 'bold';

interface Named {
  /** What the shape stands for, e.g. `entry` or `candle:<open time>`; of decoration there is none. */
  readonly name?: string | undefined;
}

export interface Rect extends Named {
  readonly kind: 'rect';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly fill: string;
  /** Of the fill. */
  readonly opacity?: number | undefined;
  readonly radius?: number | undefined;
  readonly stroke?: string | undefined;
}

/** Straight pieces from point to point. */
export interface Polyline extends Named {
  readonly kind: 'polyline';
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly stroke: string;
  readonly width: number;
  readonly dash?: readonly number[] | undefined;
  readonly opacity?: number | undefined;
}

export interface Circle extends Named {
  readonly kind: 'circle';
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly fill: string;
  readonly stroke?: string | undefined;
}

export interface Text extends Named {
  readonly kind: 'text';
  readonly x: number;
  /** Of the baseline. */
  readonly y: number;
  readonly text: string;
  readonly size: number;
  readonly weight: Weight;
  readonly fill: string;
  readonly anchor: Anchor;
}

export type Shape = Rect | Polyline | Circle | Text;

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly background: string;
  readonly shapes: readonly Shape[];
}

/** Width of a text. Unit: px. */
export type Measure = (text: string, size: number, weight: Weight) => number;

export function line(
  from: readonly [number, number],
  to: readonly [number, number],
  look: Omit<Polyline, 'kind' | 'points'>,
): Polyline {
  return { kind: 'polyline', points: [from, to], ...look };
}
