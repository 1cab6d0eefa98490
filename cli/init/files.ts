/** What a folder begins with. Pure. */

export interface Scaffold {
  readonly name: string;
  readonly text: string;
}

const CONFIG = {
  $schema: './cst.schema.json',
  signals: { risk: { takeProfit: 0.005, stopLoss: 0.005 } },
  desk: { books: [{ book: 'default', risk: { startEquity: 10_000, margin: 0.1 } }] },
  notifier: { entry: 'on', exit: 'silent', swing: 'on', refusal: 'off' },
  start: { symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'] },
};

const GITIGNORE = `# What stacks keep: bus, history, state, alerts, logs.
.cst/
# Secrets.
.env
`;

const ENV = `# Secrets and addresses. Copy to .env, which is not committed, fill in what you need, and load it:
#   set -a; . ./.env; set +a; cst doctor
# Each secret may be a file instead: CST_BYBIT_KEY_FILE=/run/secrets/bybit-key (not CST_TELEGRAM_TOKEN with cst start).

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

const README = `# Signals

\`cst.json\` holds what differs from the defaults; an editor that reads its \`$schema\` completes and explains each setting.
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
  const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
  return [
    { name: 'cst.json', text: json(CONFIG) },
    { name: 'cst.schema.json', text: json(schema) },
    { name: '.env.example', text: ENV },
    { name: '.gitignore', text: GITIGNORE },
    { name: 'README.md', text: README },
  ];
}
