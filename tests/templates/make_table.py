"""Write a table that `data init` is tried on: `python make_table.py NAME OUT.csv`, in a project's environment."""

import sys

import numpy as np
import pandas as pd
from sklearn import datasets


def breast_cancer() -> pd.DataFrame:
    """Binary, thirty measures that differ in every row and are no identifiers."""
    bunch = datasets.load_breast_cancer(as_frame=True)
    return bunch.frame.assign(target=bunch.target.map(dict(enumerate(bunch.target_names))))


def wine() -> pd.DataFrame:
    """Three classes as integer codes, 178 rows, a header with slashes."""
    return datasets.load_wine(as_frame=True).frame


def diabetes() -> pd.DataFrame:
    """A number, with a code for sex among the measures."""
    return datasets.load_diabetes(as_frame=True, scaled=False).frame


def visits() -> pd.DataFrame:
    """Awkward on purpose: people who repeat, dates as text, a leak, personal and free text, codes, gaps, twins."""
    random, n = np.random.default_rng(11), 600
    person = random.integers(0, 90, n)
    age = 20 + person % 60
    pain = random.integers(0, 11, n)
    returned = random.random(n) < 1 / (1 + np.exp(-(pain - 5) / 2))
    rows = pd.DataFrame(
        {
            "Patient ID": [f"P{1000 + p}" for p in person],
            "Full Name": [f"Muster, Ms. {'ABCDEFGHIJ'[p % 10]}nna{p}" for p in person],
            "visit date": (pd.Timestamp("2023-01-02") + pd.to_timedelta(random.integers(0, 500, n), unit="D")).strftime(
                "%d.%m.%Y"
            ),
            "age": age,
            "ward code": random.choice([11, 25, 301], n),
            "pain": pain,
            "cost": [f"{c:.2f}".replace(".", ",") for c in random.gamma(2, 90, n)],
            "notes": [f"came in with complaint no {i}, sent home after {i % 7} hours of waiting" for i in range(n)],
            "outcome": np.where(returned, "readmitted", "well"),
            "returned": np.where(returned, "yes", "no"),
            "site": "north",
        }
    )
    rows.loc[::13, "pain"] = np.nan
    rows["pain"] = rows["pain"].astype("Int64")
    rows.loc[5:9, "returned"] = None
    return pd.concat([rows, rows.tail(6)])


TABLES = {table.__name__: table for table in (breast_cancer, wine, diabetes, visits)}

if __name__ == "__main__":
    name, out = sys.argv[1:]
    TABLES[name]().to_csv(out, index=False, sep=";" if name == "visits" else ",")
