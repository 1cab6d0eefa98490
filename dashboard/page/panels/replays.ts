/** Recordings, and the one that is played. */
import { h, type JSX } from 'preact';
import type { App } from '../app.ts';
import { post } from '../client.ts';
import { bytes, dateTime } from '../format.ts';
import { hashOf } from '../route.ts';
import type { Answer, ReplayState } from '../wire.ts';
import { empty, failed, loading, section } from './parts.ts';

type Replays = Answer<'/api/replays'>;
const SPEEDS = [1, 10, 60, 300, 600];
const USUAL_SPEED = 60;

export function replaysView(app: App): JSX.Element {
  const { replays } = app;
  if (replays === null) return loading('recordings');
  if ('problem' in replays) return failed(replays.problem, () => app.refresh());
  const { recordings, replay } = replays.value;
  return h(
    'div',
    { class: 'view' },
    replay && section('Replay', playing(app, replay)),
    section('Recordings', recordings.length > 0 ? order(app, replays.value) : none()),
  );
}

function none(): JSX.Element {
  return empty('No recording yet', 'npm start -- --record FOLDER keeps all that the exchange tells.');
}

function order(app: App, { recordings }: Replays): JSX.Element {
  const submit = (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    send(app, '/api/replays', { recording: form.get('recording'), speed: Number(form.get('speed')) });
  };
  const choices = recordings.map(({ id, kind, bytes: size }, i) =>
    h(
      'label',
      { key: id, class: 'choice' },
      h('input', { type: 'radio', name: 'recording', value: id, defaultChecked: i === 0 }),
      h('strong', null, id),
      h('span', { class: 'quiet' }, `${kind} · ${bytes(size)}`),
    ),
  );
  const speeds = SPEEDS.map((speed) =>
    h('option', { key: speed, value: speed, selected: speed === USUAL_SPEED }, `${speed}×`),
  );
  return h(
    'form',
    { class: 'order', onSubmit: submit },
    h('fieldset', null, h('legend', { class: 'unseen' }, 'Recording'), choices),
    h('label', null, 'Speed ', h('select', { name: 'speed' }, speeds)),
    h('button', { type: 'submit', class: 'primary' }, 'Start the replay'),
  );
}

function playing(
  app: App,
  { recording, speed, state, marketTime, from, to, error }: ReplayState,
): JSX.Element {
  const [start, end, now] = [from, to, marketTime].map((iso) => (iso === null ? 0 : Date.parse(iso)));
  const words = {
    PREPARING: 'Preparing: the graph runs over the whole recording first.',
    PLAYING: `Playing at ${speed}×.`,
    ENDED: 'Ended.',
    FAILED: error ?? 'Failed.',
  };
  return h(
    'div',
    { class: 'playing', 'data-replay': state },
    h('strong', null, recording),
    h('p', { class: state === 'FAILED' ? 'falling' : 'quiet' }, words[state]),
    marketTime &&
      h('progress', { max: Math.max(1, end! - start!), value: now! - start!, 'aria-label': 'Played' }),
    marketTime && h('p', { class: 'quiet' }, `${dateTime(marketTime)} of ${to ? dateTime(to) : '…'}`),
    h(
      'p',
      { class: 'buttons' },
      h(
        'a',
        {
          class: 'button primary',
          href: hashOf({ ...app.place, view: 'chart', source: 'replay', pair: null, signal: null }),
        },
        'Watch',
      ),
      h('button', { type: 'button', onClick: () => send(app, '/api/replays/stop', {}) }, 'Stop'),
    ),
  );
}

function send(app: App, path: string, body: unknown): void {
  app.order(() => post<Replays>(path, body));
}
