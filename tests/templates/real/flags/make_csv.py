"""Awkward on purpose, two classes: 60 rows, a boolean target, ties in time, categories unseen in training."""

import sys

import numpy as np
import pandas as pd

random, n = np.random.default_rng(5), 60
year = np.repeat([2019, 2020, 2021, 2022], 15)
x = random.normal(0, 1, n)
frame = pd.DataFrame(
    {
        "year": [f"{y}-01-01T00:00:00+02:00" for y in year],
        "x": x,
        "kind": np.where(year == 2022, "new", random.choice(["a", "b"], n)),
        "flag": random.random(n) < 0.5,
        "won": x + random.normal(0, 0.5, n) > 0.4,
    }
)
frame.to_csv(sys.argv[1], index=False)
