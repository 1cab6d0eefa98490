/** Answers and events of the server as they travel. Types alone: nothing is loaded from here. */

import type * as api from '../api.ts';
import type { EVENTS, EventName, ROUTES, Route, Wire } from '../api.ts';

export type Answer<R extends Route> = Wire<(typeof ROUTES)[R]['answer']>;
export type EventWire<N extends EventName> = Wire<(typeof EVENTS)[N]['data']>;
export type { EventName, Route };

export type Bar = Wire<typeof api.Bar>;
export type FormingBar = Wire<typeof api.FormingBar>;
export type Interval = Bar['interval'];
export type FeaturePoint = Wire<typeof api.FeaturePoint>;
export type Outcome = Wire<typeof api.Outcome>;
export type SignalItem = Wire<typeof api.SignalItem>;
export type SignalDetail = Answer<'/api/signals/:id'>;
export type OpenPosition = Wire<typeof api.OpenPosition>;
export type ClosedPosition = Wire<typeof api.ClosedPosition>;
export type BookState = Wire<typeof api.BookState>;
export type SwingState = Wire<typeof api.SwingState>;
export type FeedHealth = Wire<typeof api.FeedHealth>;
export type Gap = Wire<typeof api.Gap>;
export type PairState = Wire<typeof api.PairState>;
export type Status = Wire<typeof api.Status>;
export type Notice = Wire<typeof api.Notice>;
export type EquityPoint = Wire<typeof api.EquityPoint>;
export type ReplayState = Wire<typeof api.ReplayState>;
export type Overview = Answer<'/api/overview'>;
export type LevelSet = NonNullable<Answer<'/api/levels'>['levels']>;
export type Side = SignalItem['side'];
