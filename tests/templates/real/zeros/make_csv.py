"""Awkward on purpose, a number: two thirds noughts, rows without a target, whole numbers with gaps, only words."""

import sys

import numpy as np
import pandas as pd

random, n = np.random.default_rng(8), 400
size = random.choice(["s", "m", "l"], n)
amount = np.where(random.random(n) < 0.6, 0, {"s": 1, "m": 5, "l": 30}["l"] * (size == "l") + 3)
frame = pd.DataFrame(
    {
        "Size": size,
        "shop": random.choice([f"shop{i}" for i in range(300)], n),
        "sold on": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 300, n), unit="h"),
        "items": pd.array(amount, dtype="Int64"),
    }
)
frame.loc[::9, "items"] = pd.NA
frame.loc[::11, "Size"] = None
frame.to_csv(sys.argv[1], index=False)
