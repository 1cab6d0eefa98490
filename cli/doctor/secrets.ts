/** Secrets and addresses of the environment: there, and of the right form. None is ever shown. */
import { readFileSync } from 'node:fs';
import { brokerKeys } from '../../connectors/broker/config.ts';
import { messageOf } from '../../schemas/errors.ts';
import type { Environment } from '../config/sources.ts';
import { DASHBOARD_TOKEN } from '../dashboard-flags.ts';
import { deadManUrlOf } from '../dead-man.ts';
import { telegramAccess } from '../local-messenger.ts';
import { type Finding, found, ok } from './finding.ts';

const TOKEN = /^\d{6,12}:[\w-]{30,60}$/;
const WEBHOOK_SECRET = /^[\w-]{16,256}$/;

/** @param chats Of the settings. @param hasAccount A book lives on a real account. */
export function secretFindings(
  environment: Environment,
  { chats, hasAccount }: { readonly chats: readonly string[] | undefined; readonly hasAccount: boolean },
): Finding[] {
  const given = (name: string) => Boolean(environment[name] || environment[`${name}_FILE`]);
  const isBroker = hasAccount || given('CST_BYBIT_KEY') || given('CST_BYBIT_SECRET');
  return [
    telegram(environment, chats),
    ...(isBroker
      ? [account(environment)]
      : [ok('bybit', 'no keys, and no book needs them: trades are paper')]),
    ...(environment.CST_DEADMAN_URL ? [deadMan(environment)] : []),
    ...formOf(
      environment,
      'CST_TELEGRAM_WEBHOOK_SECRET',
      WEBHOOK_SECRET,
      '16 to 256 letters, digits, _ or -',
    ),
    ...formOf(environment, DASHBOARD_TOKEN, /^\S{8,}$/, 'at least 8 characters'),
  ];
}

function telegram(environment: Environment, chats: readonly string[] | undefined): Finding {
  const { CST_TELEGRAM_TOKEN: token } = environment;
  if (!token) return ok('telegram', 'no token: alerts stay on this machine');
  const why = 'Alerts go to Telegram only with a token and the chats that may hear them.';
  if (!TOKEN.test(token)) {
    const what = 'CST_TELEGRAM_TOKEN is not of the form 123456789:AA…';
    return found('telegram', 'stop', { what, why, remedy: 'ask @BotFather for /token, and set it anew' });
  }
  return checked('telegram', 'token and chats are there', why, 'set CST_TELEGRAM_CHATS as above', () =>
    telegramAccess(environment, chats && { chats }),
  );
}

function account(environment: Environment): Finding {
  const why = 'A book of execution "broker" has its orders on this account.';
  return checked('bybit', 'key and secret are there', why, 'set them as above, or "execution": "paper"', () =>
    brokerKeys(environment),
  );
}

function deadMan(environment: Environment): Finding {
  const why = 'Nobody outside would miss the stack if it died.';
  return checked('dead man', 'an address is there', why, 'set CST_DEADMAN_URL as above', () =>
    deadManUrlOf(environment),
  );
}

/** One that may be a file. */
function formOf(environment: Environment, name: string, form: RegExp, expected: string): Finding[] {
  const [text, file] = [environment[name], environment[`${name}_FILE`]];
  if (!text && !file) return [];
  const why = 'What asks for it refuses to start, or lets nobody in.';
  const finding = checked(name, 'is there', why, `set ${name} anew: ${expected}`, () => {
    const secret = (text || readFileSync(file!, 'utf8')).trim();
    if (!form.test(secret)) throw new Error(`Expected ${name} with ${expected}, got something else.`);
  });
  return [finding];
}

function checked(check: string, well: string, why: string, remedy: string, run: () => unknown): Finding {
  try {
    run();
    return ok(check, well);
  } catch (error) {
    return found(check, 'stop', { what: messageOf(error), why, remedy });
  }
}
