"""Write the sample of the tabular template: `python make_sample.py OUT.csv` (same seed, same bytes)."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 1
CUSTOMERS, MONTHS = 460, pd.date_range("2023-01-01", periods=12, freq="MS")
PLANS, REGIONS = ["basic", "plus", "pro"], ["north", "south", "east", "west"]
CHANNELS = ["web", "store", "partner", "phone"]


def customers(random: np.random.Generator) -> pd.DataFrame:
    n = CUSTOMERS
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in random.permutation(90_000)[:n]],
            "signup_date": pd.Timestamp("2023-01-01")
            - pd.to_timedelta(random.exponential(500, n).astype(int) + 5, unit="D"),
            "joins": random.integers(0, 8, n),
            "plan": random.choice(PLANS, n, p=[0.45, 0.33, 0.22]),
            "region": random.choice(REGIONS, n, p=[0.35, 0.3, 0.2, 0.15]),
            "channel": random.choice(CHANNELS, n, p=[0.5, 0.25, 0.15, 0.1]),
            "auto_pay": random.random(n) < 0.55,
            "temper": random.normal(0, 1, n),
        }
    )


def month(people: pd.DataFrame, date: pd.Timestamp, random: np.random.Generator) -> pd.DataFrame:
    n = len(people)
    fee = people["plan"].map({"basic": 15.0, "plus": 30.0, "pro": 60.0}).to_numpy()
    usage = np.exp(2.6 - 0.35 * people["temper"] + random.normal(0, 0.5, n))
    tickets = random.poisson(np.exp(-0.6 + 0.6 * people["temper"]))
    days_since_login = random.gamma(1.5, 4 + 3 * np.exp(0.4 * people["temper"]))
    tenure = (date - people["signup_date"]).dt.days.to_numpy()
    logit = (
        -2.1
        + np.minimum(tickets, 4) * np.where(people["plan"] == "pro", 0.5, 1.1)
        + 0.9 * (tickets > 2)
        + 1.6 * (days_since_login > 14)
        - 1.1 * (tenure > 365)
        - 1.1 * people["auto_pay"]
        - 0.45 * np.log(usage / 13)
        + 1.8 * ((people["plan"] == "pro") & (usage < 10))
        + 0.35 * (people["channel"] == "partner")
    )
    rows = people.drop(columns=["joins", "temper"]).assign(
        month=date,
        monthly_fee=np.round(fee * random.choice([1, 0.9, 0.8], n, p=[0.7, 0.2, 0.1]), 2),
        usage_hours=np.round(usage, 1),
        support_tickets=tickets,
        days_since_login=np.round(days_since_login),
        satisfaction=np.clip(np.round(4 - 0.8 * people["temper"] + random.normal(0, 1, n)), 1, 5),
        churned=random.random(n) < 1 / (1 + np.exp(-logit)),
    )
    rows.loc[random.random(n) < 0.35, "satisfaction"] = np.nan
    rows.loc[random.random(n) < 0.06, "usage_hours"] = np.nan
    rows.loc[random.random(n) < 0.04, "channel"] = None
    return rows


def sample() -> pd.DataFrame:
    random = np.random.default_rng(SEED)
    people, months = customers(random), []
    for number, date in enumerate(MONTHS):
        present = people[people["joins"] <= number]
        rows = month(present, date, random)
        months.append(rows)
        gone = set(rows.loc[rows["churned"], "customer_id"])
        people = people[~people["customer_id"].isin(gone)]
    rows = pd.concat(months, ignore_index=True)
    for column in ["days_since_login", "satisfaction"]:
        rows[column] = rows[column].astype("Int64")
    rows["auto_pay"] = rows["auto_pay"].map({True: "true", False: "false"})
    rows["churned"] = rows["churned"].map({True: "yes", False: "no"})
    first = ["customer_id", "month", "signup_date"]
    return rows[first + [column for column in rows.columns if column not in first]]


if __name__ == "__main__":
    rows = sample()
    rows.to_csv(Path(sys.argv[1]), index=False, date_format="%Y-%m-%d", lineterminator="\n")
    sys.stderr.write(f"{len(rows)} rows, {rows['churned'].eq('yes').mean():.1%} churned\n")
