#!/usr/bin/env python3
"""Reference values of the candle measures, computed with TA-Lib's C library through its Python package.

    pip install TA-Lib numpy
    server/analysis/tests/vectors/ta_vectors.py generate > server/analysis/tests/vectors/ta_lib.json
    server/analysis/tests/vectors/ta_vectors.py expect < candles.json > expected.json

`generate` makes candles from fixed seeds (`walk`: an ordinary random walk; `wide`: bars so wide that the measures which
treat narrow bars gently are TA-Lib's own functions to the digit) and prints them with the values at their last bar.
`expect` reads `[{"name", "open", "high", "low", "close", "volume"}, …]` and prints `[{"name", "expected"}, …]`.

Every set is at most 250 bars long, as many as the analysis looks back on. Exit code 3: TA-Lib is not installed.
"""

import json
import math
import sys

try:
    import numpy as np
    import talib
except ImportError as error:
    print(f"TA-Lib for Python is not installed: {error}", file=sys.stderr)
    sys.exit(3)

BARS = 250
# Below this part of an average true range a sign, or a place within a bar, counts in proportion.
EDGE = 0.5


def expected(o, h, l, c, v):
    """The raw figure of each measure at the last bar, by its name in the registry."""
    atr = talib.ATR(h, l, c, 14)[-1]
    plus, minus = talib.PLUS_DI(h, l, c, 14)[-1], talib.MINUS_DI(h, l, c, 14)[-1]
    adx = talib.ADX(h, l, c, 14)[-1]
    return {
        "atr_pct": 100.0 * atr / c[-1],
        "rsi_14": talib.RSI(c, 14)[-1],
        "ao": talib.AO(h, l, 5, 34)[-1],
        "macd_hist": talib.MACD(c, 12, 26, 9)[2][-1],
        "cci_20": talib.CCI(h, l, c, 20)[-1],
        "adx_14": (plus - minus) / (plus + minus) * min(adx, 50.0),
        "williams_r_14": talib.WILLR(h, l, c, 14)[-1],
        "cmf_20": cmf(h, l, c, v, atr),
        "adl_slope": slope(adl_steps(h, l, c, v, atr)),
        "obv_slope": slope(obv_steps(c, v, atr)),
        "rvol": float(np.clip((c[-1] - o[-1]) / atr, -1, 1)) * v[-1] / talib.SMA(v, 30)[-2],
        "trend_position": trend_position(h, l, c, atr),
        "range_50": place_in_range(h, l, c, atr),
    }


def is_wide(h, l, atr):
    return bool(np.all(h - l >= EDGE * atr))


def money_flow(h, l, c, v, atr):
    return ((c - l) - (h - c)) / np.maximum(h - l, EDGE * atr) * v


def cmf(h, l, c, v, atr):
    if is_wide(h, l, atr):
        return talib.CMF(h, l, c, v, 20)[-1]
    return float(np.sum(money_flow(h, l, c, v, atr)[-20:]) / np.sum(v[-20:]))


def adl_steps(h, l, c, v, atr):
    if is_wide(h, l, atr):
        return np.diff(talib.AD(h, l, c, v), prepend=0.0)
    return money_flow(h, l, c, v, atr)


def obv_steps(c, v, atr):
    changes = np.diff(c)
    if np.all(np.abs(changes) >= EDGE * atr):
        return np.diff(talib.OBV(c, v))
    return np.clip(changes / (EDGE * atr), -1, 1) * v[1:]


def slope(steps):
    """The change over 20 bars in units of the root mean square of such changes."""
    changes = np.convolve(steps, np.ones(20), "valid")
    return float(changes[-1] / math.sqrt(np.mean(changes**2)))


def trend_position(h, l, c, atr):
    close, fast, slow = c[-1], talib.SMA(c, 20)[-1], talib.SMA(c, 50)[-1]
    tops, bottoms = talib.MAX(h, 10)[-41::10], talib.MIN(l, 10)[-41::10]
    climb = [float(np.mean(np.tanh(np.diff(ends) / atr))) for ends in (tops, bottoms)]
    parts = [math.tanh((close - fast) / (2 * atr)), math.tanh((close - slow) / (3 * atr)),
             math.tanh((fast - slow) / (2 * atr)), sum(climb) / 2]
    return sum(parts) / 4


def place_in_range(h, l, c, atr):
    top, bottom = talib.MAX(h, 50)[-1], talib.MIN(l, 50)[-1]
    place = ((c[-1] - bottom) - (top - c[-1])) / (top - bottom)
    ceilings, floors = talib.MAX(h, 20), talib.MIN(l, 20)
    ramp = lambda x: min(max(x, 0.0), 1.0)
    sweeps = 0.0
    for back in range(5):
        bar = len(c) - 1 - back
        ceiling, floor = ceilings[bar - 1], floors[bar - 1]
        above = ramp((h[bar] - ceiling) / (0.5 * atr)) * ramp((ceiling - c[bar]) / (0.25 * atr))
        below = ramp((floor - l[bar]) / (0.5 * atr)) * ramp((c[bar] - floor) / (0.25 * atr))
        sweeps += 0.8**back * (below - above)
    return 0.6 * place + 0.4 * math.tanh(sweeps)


def dice(seed):
    """Numbers from 0 to 1: Knuth's MMIX generator, the upper half of its bits."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield (state >> 32) / (2**32 - 1)


def made_up(kind, seed):
    roll = dice(seed)
    price, rows = 100.0, []
    for _ in range(BARS):
        start = price
        if kind == "walk":
            price = round(price + next(roll) - 0.49, 4)
        else:
            price = round(price + (1 if next(roll) < 0.5 else -1) * (0.8 + 0.2 * next(roll)), 4)
        high = round(max(start, price) + 0.3 * next(roll), 4)
        low = round(min(start, price) - 0.3 * next(roll), 4)
        rows.append((start, high, low, price, round(1.0 + 9.0 * next(roll), 4)))
    return [list(column) for column in zip(*rows)]


COLUMNS = ("open", "high", "low", "close", "volume")


def arrays(one):
    columns = [np.array(one[name], dtype=float) for name in COLUMNS]
    if len(columns[0]) > BARS:
        sys.exit(f"{one['name']} has more than {BARS} bars")
    return columns


def generate():
    sets = []
    for name, kind, seed in [("walk-1", "walk", 1), ("walk-2", "walk", 2), ("wide-3", "wide", 3), ("wide-4", "wide", 4)]:
        one = {"name": name, **dict(zip(COLUMNS, made_up(kind, seed)))}
        o, h, l, c, v = arrays(one)
        atr = talib.ATR(h, l, c, 14)[-1]
        if kind == "wide" and not (is_wide(h, l, atr) and np.all(np.abs(np.diff(c)) >= EDGE * atr)):
            sys.exit(f"{name} is not wide")
        sets.append({**one, "expected": expected(o, h, l, c, v)})
    version = talib.__ta_version__.decode().split()[0]
    print('{"made_with": "TA-Lib %s, Python package %s", "sets": [' % (version, talib.__version__))
    print(",\n".join(json.dumps(one, separators=(",", ":")) for one in sets))
    print("]}")


def main():
    if sys.argv[1:] == ["generate"]:
        generate()
    elif sys.argv[1:] == ["expect"]:
        results = [{"name": one["name"], "expected": expected(*arrays(one))} for one in json.load(sys.stdin)]
        json.dump(results, sys.stdout)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
