/** What a folder begins with. Pure. */
import { matchesGlob } from 'node:path';

export interface Scaffold {
  readonly name: string;
  readonly text: string;
}

/** Nothing else: what is written here stays as it is when a default becomes better, and holds for every command. */
const CONFIG = { $schema: './cst.schema.json' };

/** Never to be committed. */
export const UNCOMMITTED = ['.cst/', '.env'] as const;

const GITIGNORE = `# What stacks keep: bus, history, state, alerts, logs.
${UNCOMMITTED[0]}
# Secrets.
${UNCOMMITTED[1]}
`;

const ENV = `# Secrets and addresses. Copy to .env, which is not committed, fill in what you need, and load it:
#   set -a; . ./.env; set +a; cst doctor
# Each secret may be a file instead: CST_BYBIT_KEY_FILE=/run/secrets/bybit-key

# Alerts on Telegram: @BotFather gives the token; the chats are numbers, separated by commas.
#CST_TELEGRAM_TOKEN=
#CST_TELEGRAM_CHATS=

# Orders on Bybit's testnet; only for a book with "execution": "broker" and {"broker": {"enabled": true}}.
#CST_BYBIT_KEY=
#CST_BYBIT_SECRET=

# Who may see the dashboard from another machine (--dashboard-host).
#CST_DASHBOARD_TOKEN=

# Asked each minute while all is well, so that someone outside misses it.
#CST_DEADMAN_URL=

# Google Cloud, for --bus pubsub and --on bigquery. Credentials are found as gcloud's are.
#GOOGLE_CLOUD_PROJECT=

# Any setting, over cst.json: CST__SECTION__KEY.
#CST__SIGNALS__RISK__TAKE_PROFIT=0.006
`;

const EXAMPLE = json({
  ...CONFIG,
  signals: { risk: { takeProfit: 0.006, stopLoss: 0.004 } },
  desk: { books: [{ book: 'default', risk: { startEquity: 5_000, margin: 0.05 } }] },
  notifier: { exit: 'silent' },
  start: { symbols: ['BTCUSDT', 'ETHUSDT'] },
}).trimEnd();

const README = `# Signals

\`cst.json\` holds what differs from the defaults: nothing yet. An editor that reads its \`$schema\` completes and explains each
setting. For example:

\`\`\`json
${EXAMPLE}
\`\`\`

Trades are paper until you say otherwise twice.

1. \`cst doctor\` – is all there?
2. \`cst start\` – a simulated exchange, signals and a dashboard, in this terminal. Ctrl-C ends it.
3. \`cst status\` and \`cst logs --follow\` – from another terminal.
4. \`cst start --live\` – Bybit's market, trades still on paper.
5. \`cst config show --set\` – what is set, and where it came from.
6. \`cst backfill --pairs BTCUSDT --timerange 20250101-\`, then \`cst backtest --help\` – what it would have earned.
7. Telegram: copy \`.env.example\` to \`.env\`, fill in token and chats, load it, start again.

\`cst COMMAND --help\` tells more, with examples.
`;

/** @param schema Of config files, as JSON. */
export function scaffoldOf(schema: object): Scaffold[] {
  return [
    { name: 'cst.json', text: json(CONFIG) },
    { name: 'cst.schema.json', text: json(schema) },
    { name: '.env.example', text: ENV },
    { name: '.gitignore', text: GITIGNORE },
    { name: 'README.md', text: README },
  ];
}

/** Which of what is never to be committed a `.gitignore` does not name. */
export function uncovered(gitignore: string): string[] {
  const patterns = gitignore.split('\n').map((line) => line.trim().replace(/^\/|\/$/g, ''));
  return UNCOMMITTED.filter(
    (name) => !patterns.some((pattern) => matchesGlob(name.replace('/', ''), pattern)),
  );
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
