"""The rule of backtest-rule.ts by backtesting.py: JSON of the markets on stdin, JSON of trades and times on stdout."""

import json
import resource
import sys
import time
import warnings

import pandas as pd
from backtesting import Backtest, Strategy

warnings.filterwarnings("ignore")
told = json.load(sys.stdin)
BARRIER, MINUTES, FEE = (told["rule"][key] for key in ("barrier", "minutes", "fee"))
# Whole units only: a small one keeps sizes fine and never runs out of cash.
CASH, SIZE = 1e12, 1


class Rule(Strategy):
    def init(self):
        self.entered = 0

    def next(self):
        i = len(self.data) - 1
        is_open = bool(self.position)
        if is_open and i - self.entered >= MINUTES:
            self.position.close()
            is_open = False
        direction = self.data.Entry[-1]
        if direction == 0 or is_open:
            return
        close = self.data.Close[-1]
        order = self.buy if direction > 0 else self.sell
        order(size=SIZE, tp=close * (1 + direction * BARRIER), sl=close * (1 - direction * BARRIER))
        self.entered = i


trades = []
wall, cpu = time.perf_counter(), time.process_time()
for market in told["markets"]:
    columns = {name.capitalize(): market[name] for name in ("open", "high", "low", "close", "entry")}
    bars = pd.DataFrame(columns, index=pd.to_datetime(market["time"], unit="ms"))
    test = Backtest(bars, Rule, cash=CASH, commission=FEE, trade_on_close=True)
    for trade in test.run()._trades.itertuples():
        direction = 1 if trade.Size > 0 else -1
        moved = direction * (trade.ExitPrice / trade.EntryPrice - 1)
        fees = FEE * (1 + trade.ExitPrice / trade.EntryPrice)
        trades.append([market["symbol"], trade.EntryBar, trade.ExitBar, moved - fees])
print(
    json.dumps(
        {
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "rssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "trades": trades,
        }
    )
)
