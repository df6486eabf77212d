#!/usr/bin/env python3
"""How long TA-Lib's C library takes through its Python package.

    server/analysis/tests/vectors/ta_time.py < candles.json

Reads `{"rounds": n, "sets": [{"high", "low", "close", "volume"}, …]}`, calls every function that the measures of candles
rest on once for each set, and prints `{"version", "functions", "seconds"}`: the shortest of the rounds. Conversion and
start are not counted. `benches/against_ta_lib.rs` calls the same functions. Exit code 3: TA-Lib is not installed.
"""

import json
import sys
import time

try:
    import numpy as np
    import talib
except ImportError as error:
    print(f"TA-Lib for Python is not installed: {error}", file=sys.stderr)
    sys.exit(3)

FUNCTIONS = [
    lambda h, l, c, v: talib.ATR(h, l, c, 14),
    lambda h, l, c, v: talib.RSI(c, 14),
    lambda h, l, c, v: talib.AO(h, l, 5, 34),
    lambda h, l, c, v: talib.MACD(c, 12, 26, 9),
    lambda h, l, c, v: talib.CCI(h, l, c, 20),
    lambda h, l, c, v: talib.ADX(h, l, c, 14),
    lambda h, l, c, v: talib.PLUS_DI(h, l, c, 14),
    lambda h, l, c, v: talib.MINUS_DI(h, l, c, 14),
    lambda h, l, c, v: talib.WILLR(h, l, c, 14),
    lambda h, l, c, v: talib.CMF(h, l, c, v, 20),
    lambda h, l, c, v: talib.AD(h, l, c, v),
    lambda h, l, c, v: talib.OBV(c, v),
    lambda h, l, c, v: talib.SMA(c, 20),
    lambda h, l, c, v: talib.SMA(c, 50),
    lambda h, l, c, v: talib.SMA(v, 30),
    lambda h, l, c, v: talib.MAX(h, 50),
    lambda h, l, c, v: talib.MIN(l, 50),
]


def main():
    asked = json.load(sys.stdin)
    sets = [[np.array(one[name]) for name in ("high", "low", "close", "volume")] for one in asked["sets"]]
    shortest = float("inf")
    for _ in range(asked["rounds"]):
        begun = time.perf_counter()
        for columns in sets:
            for function in FUNCTIONS:
                function(*columns)
        shortest = min(shortest, time.perf_counter() - begun)
    version = f"TA-Lib {talib.__ta_version__.decode().split()[0]}, Python package {talib.__version__}"
    json.dump({"version": version, "functions": len(FUNCTIONS), "seconds": shortest}, sys.stdout)


if __name__ == "__main__":
    main()
