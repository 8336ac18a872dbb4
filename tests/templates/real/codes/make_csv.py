"""Awkward on purpose, many classes: integer labels, a rare class, groups, an all-missing and a constant column."""

import sys

import numpy as np
import pandas as pd

random, n = np.random.default_rng(3), 90
grade = np.repeat([1, 2, 3, 7], [44, 30, 14, 2])
frame = pd.DataFrame(
    {
        "Individual ID": [f"p{i}" for i in random.integers(0, 30, n)],
        "Odd Header (%)": np.round(grade * 3 + random.normal(0, 3, n), 2),
        "survey_code": random.integers(1, 6, n),
        "agreed": random.choice(["true", "false", ""], n, p=[0.5, 0.4, 0.1]),
        "born": pd.Timestamp("1980-01-01") + pd.to_timedelta(random.integers(0, 9000, n), unit="D"),
        "children": pd.array(random.integers(0, 4, n), dtype="Int64"),
        "nothing": "",
        "always": 1,
        "town": [f"town {i}" for i in random.integers(0, 60, n)],
        "grade": grade,
    }
)
frame.loc[::7, "children"] = pd.NA
frame.loc[5, "born"] = pd.NaT
frame.sample(frac=1, random_state=1).to_csv(sys.argv[1], index=False, date_format="%Y-%m-%d")
