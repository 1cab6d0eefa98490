/** Asks for the token where one is wanted. */
import { h, type JSX } from 'preact';
import type { App } from '../app.ts';

export function login(app: App): JSX.Element {
  const submit = (event: Event) => {
    event.preventDefault();
    void app.login(String(new FormData(event.target as HTMLFormElement).get('token')));
  };
  return h(
    'form',
    { class: 'login', onSubmit: submit },
    h('h2', null, 'This dashboard wants its token'),
    h('p', { class: 'quiet' }, 'It is what CST_DASHBOARD_TOKEN was where the stack was started.'),
    h(
      'label',
      null,
      'Token',
      h('input', {
        type: 'password',
        name: 'token',
        autocomplete: 'current-password',
        required: true,
        autofocus: true,
      }),
    ),
    app.problem && h('p', { class: 'falling', role: 'alert' }, app.problem),
    h('button', { type: 'submit', class: 'primary' }, 'Open'),
  );
}
