/** `telegram-webhook` on Cloud Run functions, the one that is open to the world: Telegram posts updates to it. */
import { readSecret } from '../../connectors/secret.ts';
import { serveFunction } from '../entry.ts';
import { secret } from '../environment.ts';
import { CHATS, MESSENGER, STATE, TASKS, USERS } from '../settings.ts';
import { webhookHandler } from './handler.ts';

await serveFunction({
  name: 'telegram-webhook',
  environment: process.env,
  settings: {
    state: STATE,
    tasks: TASKS,
    messenger: MESSENGER,
    chats: CHATS,
    users: USERS,
    secret: secret('CST_TELEGRAM_WEBHOOK_SECRET'),
  },
  async open(settings, { ports, clock, onError }) {
    const { chats, users } = settings;
    const [store, tasks, messenger] = await Promise.all([
      ports.store(settings.state),
      ports.tasks(settings.tasks),
      ports.messenger(settings.messenger),
    ]);
    const secret = readSecret(settings.secret);
    return { handler: webhookHandler({ store, tasks, messenger, clock, chats, users, secret, onError }) };
  },
});
