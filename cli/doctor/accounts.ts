/** Accounts elsewhere, asked by what changes nothing: the bot and its chats, the API key, Google Cloud. */
import { GoogleAuth } from 'google-auth-library';
import { bybitBroker } from '../../connectors/broker/bybit/broker.ts';
import { brokerConfig, brokerKeys } from '../../connectors/broker/config.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import type { Environment } from '../../connectors/environment.ts';
import { openApi, outcomeOf } from '../../connectors/messenger/bot-calls.ts';
import type { Outcome } from '../../connectors/messenger/port.ts';
import { networkCode } from '../../connectors/network-code.ts';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import type { TelegramAccess } from '../local-messenger.ts';
import { type Finding, found, ok, saidBy } from './finding.ts';
import type { SecretNeeds } from './secrets.ts';

const PATIENCE_MS = 8_000;

/** Who the token is, whether the chats let it in, and whether commands come to a stack here. */
export async function botFindings(
  access: TelegramAccess,
  { patienceMs: timeoutMs = PATIENCE_MS }: { readonly patienceMs?: number } = {},
): Promise<Finding[]> {
  const stop = new AbortController();
  const api = openApi({ ...access, timeoutMs }, stop.signal);
  const me = await outcomeOf(() => api.getMe());
  if (me.kind !== 'done') return [silentBot(me)];
  const bot = `@${me.value.username}`;
  const [webhook, ...chats] = await Promise.all([
    outcomeOf(() => api.getWebhookInfo()),
    ...access.chats.map((chat) => outcomeOf(() => api.getChat(chat))),
  ]);
  return [
    ok('telegram', `the token is that of ${bot}`),
    ...chats.map((outcome, i) => chatFinding(bot, access.chats[i]!, outcome)),
    ...(webhook?.kind === 'done' && webhook.value.url ? [polledAndPosted(bot)] : []),
  ];
}

type Failed = Exclude<Outcome<unknown>, { kind: 'done' }>;

function silentBot(outcome: Failed): Finding {
  const isToken = outcome.kind === 'refused';
  return found('telegram', 'stop', {
    what: outcome.reason.replace(/\.$/, ''),
    why: 'No alert is sent; they wait in the outbox of the stack.',
    remedy: isToken
      ? 'ask @BotFather for /token, and set CST_TELEGRAM_TOKEN anew'
      : 'curl -sv https://api.telegram.org; for a Bot API server of your own, see telegram.api and CST_TELEGRAM_API',
  });
}

function chatFinding(bot: string, chat: string, outcome: Outcome<unknown>): Finding {
  if (outcome.kind === 'done') return ok('telegram', `${bot} is let into chat ${chat}`);
  return found('telegram', outcome.kind === 'refused' ? 'stop' : 'warning', {
    what: `${bot} is not let into chat ${chat}: ${outcome.reason.replace(/\.$/, '')}`,
    why: 'Alerts for that chat do not arrive.',
    remedy: `send ${bot} a message there, or add it to the group; else take ${chat} out of CST_TELEGRAM_CHATS or telegram.chats`,
  });
}

function polledAndPosted(bot: string): Finding {
  return found('telegram', 'warning', {
    what: `${bot} has a webhook`,
    why: 'Commands and buttons go there: cst start and cst run cannot poll for them, and answer none. Alerts are sent all the same.',
    remedy: 'cst telegram webhook delete, where no deployment needs it',
  });
}

/** By a question about the key itself, in the same way as a stack asks it before its first order. */
export async function accountFindings(
  { broker: settings, hasAccount }: Pick<SecretNeeds, 'broker' | 'hasAccount'>,
  { environment, clock }: { readonly environment: Environment; readonly clock: Clock },
): Promise<Finding[]> {
  try {
    // It is only asked who it is: whether orders may leave is another matter.
    const config = { ...brokerConfig(settings), enabled: true };
    const broker = bybitBroker({ config, keys: brokerKeys(environment), clock });
    const warnings = await broker.check().finally(() => broker.close());
    return [ok('account', `the key is known at ${broker.name}, and may trade`), ...warnings.map(keyFinding)];
  } catch (error) {
    const isTheirs = error instanceof ConfigError;
    return [
      found('account', hasAccount ? 'stop' : 'warning', {
        what: saidBy(error),
        why: 'A book of execution "broker" has its orders on this account: a stack with one does not start.',
        remedy: isTheirs
          ? 'set CST_BYBIT_KEY, CST_BYBIT_SECRET and broker.network so that they belong together'
          : 'cst doctor --online again; https://bybit-exchange.github.io tells of maintenance',
      }),
    ];
  }
}

function keyFinding(warning: string): Finding {
  return found('account', 'warning', {
    what: warning.replace(/\.$/, ''),
    why: 'Whoever gets hold of the key can do with it what it may do.',
    remedy:
      'change the key at https://www.bybit.com/app/user/api-management, or make another for CST_BYBIT_KEY',
  });
}

/** Credentials that are found as gcloud's are, and whether Pub/Sub lets them in. */
export async function cloudFinding(project: string, endpoint: string | undefined): Promise<Finding> {
  const place = endpoint ? `the emulator at ${endpoint}` : `Pub/Sub of ${project}`;
  try {
    if (endpoint) await fetch(`http://${endpoint}/`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    else await listTopics(project);
    return ok('cloud', `${place} answers`);
  } catch (error) {
    return found('cloud', 'stop', {
      what: `${place} is not reached: ${networkCode(error) ?? messageOf(error)}`,
      why: '--bus pubsub, --on bigquery and cst deploy need it; all else does not.',
      remedy: endpoint
        ? `start it at ${endpoint}, or unset PUBSUB_EMULATOR_HOST`
        : 'gcloud auth application-default login, and see that the account has roles/pubsub.viewer',
    });
  }
}

async function listTopics(project: string): Promise<void> {
  const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/pubsub'] });
  const url = `https://pubsub.googleapis.com/v1/projects/${encodeURIComponent(project)}/topics?pageSize=1`;
  await auth.request({ url, timeout: PATIENCE_MS, retry: false });
}
