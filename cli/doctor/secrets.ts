/** Secrets and addresses of the environment, judged by those that use them. None is ever shown. */
import { brokerConfig, brokerKeys, hostOf } from '../../connectors/broker/config.ts';
import type { Environment } from '../../connectors/environment.ts';
import { telegramMessenger } from '../../connectors/messenger/telegram.ts';
import { secretIn, secretOf } from '../../connectors/secret.ts';
import { assertWebhookSecret } from '../../functions/telegram-webhook/registration.ts';
import { dashboardAddressOf } from '../dashboard-address.ts';
import type { DashboardFlags } from '../dashboard-flags.ts';
import { deadManUrlOf } from '../dead-man.ts';
import { telegramAccess } from '../local-messenger.ts';
import { type Finding, judged, ok } from './finding.ts';

/** Of the settings. */
export interface SecretNeeds {
  readonly dashboard: DashboardFlags;
  readonly telegram: Parameters<typeof telegramAccess>[1];
  readonly broker: unknown;
  /** A book lives on a real account. */
  readonly hasAccount: boolean;
}

const WEBHOOK = 'CST_TELEGRAM_WEBHOOK_SECRET';

export function secretFindings(environment: Environment, needs: SecretNeeds): Finding[] {
  return [
    dashboardFinding(environment, needs),
    telegramFinding(environment, needs),
    accountFinding(environment, needs),
    ...(isGiven(environment, WEBHOOK) ? [webhookFinding(environment)] : []),
    ...(isGiven(environment, 'CST_DEADMAN_URL') ? [deadManFinding(environment)] : []),
  ];
}

function isGiven(environment: Environment, name: string): boolean {
  return secretIn(environment, name, () => {}) !== undefined;
}

export function hasBrokerKeys(environment: Environment): boolean {
  return ['CST_BYBIT_KEY', 'CST_BYBIT_SECRET'].some((name) => isGiven(environment, name));
}

function dashboardFinding(environment: Environment, { dashboard }: SecretNeeds): Finding {
  const why = 'A stack with a dashboard refuses to start.';
  const remedy =
    'export CST_DASHBOARD_TOKEN="$(openssl rand -hex 16)"; for this machine alone, set dashboard.host to 127.0.0.1 and no token';
  return judged('dashboard', { why, remedy }, () => {
    const address = dashboardAddressOf(dashboard, environment);
    if (address === null) return 'dashboard.enabled is false: there is none';
    const { host, access } = address;
    return `to be served at ${host}, ${access.isNeeded ? 'to those who have the token' : 'to this machine alone'}`;
  });
}

function telegramFinding(environment: Environment, { telegram }: SecretNeeds): Finding {
  const why = 'Alerts go to Telegram only with a token and the chats that may hear them.';
  const remedy =
    'set CST_TELEGRAM_TOKEN to what @BotFather answers to /token, and CST_TELEGRAM_CHATS to e.g. 123456789';
  return judged('telegram', { why, remedy }, () => {
    const access = telegramAccess(environment, telegram);
    if (access === null) return 'no token: alerts stay on this machine';
    void telegramMessenger(access).close();
    return 'token and chats are of the right form';
  });
}

function accountFinding(environment: Environment, { broker, hasAccount }: SecretNeeds): Finding {
  if (!hasAccount && !hasBrokerKeys(environment)) {
    return ok('account', 'no keys, and no book needs them: trades are paper');
  }
  const why = 'A book of execution "broker" has its orders on this account.';
  const remedy =
    'set broker.enabled to true and CST_BYBIT_KEY and CST_BYBIT_SECRET (or _FILE), or the book\'s execution to "paper"';
  // Keys that nothing needs stop nothing.
  const level = hasAccount ? 'stop' : 'warning';
  return judged('account', { why, remedy, level }, () => {
    if (hasAccount) hostOf(brokerConfig(broker));
    brokerKeys(environment);
    return 'key and secret are of the right form';
  });
}

function webhookFinding(environment: Environment): Finding {
  const why = 'cst telegram webhook set refuses it, and the webhook lets nobody in.';
  const remedy = `export ${WEBHOOK}="$(openssl rand -hex 32)"`;
  return judged('webhook', { why, remedy }, () => {
    assertWebhookSecret(secretOf(environment, WEBHOOK) ?? '');
    return 'the secret is of the right form';
  });
}

function deadManFinding(environment: Environment): Finding {
  const why = 'A stack refuses to start; nobody outside would miss it if it died.';
  const remedy = 'set CST_DEADMAN_URL to the address that the watcher gave, https://…';
  return judged('dead-man', { why, remedy }, () => {
    deadManUrlOf(environment);
    return 'an address is there';
  });
}
