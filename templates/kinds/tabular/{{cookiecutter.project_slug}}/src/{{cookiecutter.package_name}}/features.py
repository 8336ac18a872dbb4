"""Features: one row in, one row out. Training, batch and the API all run this function."""

import pandas as pd


def derive(rows: pd.DataFrame) -> pd.DataFrame:
    """The model's features; dates and other columns it cannot use are left behind."""
    tenure = (rows["month"] - rows["signup_date"]).dt.days
    return rows.assign(
        tenure_days=tenure,
        fee_per_hour=rows["monthly_fee"] / rows["usage_hours"],
        tickets_per_year=rows["support_tickets"] / (1 + tenure / 365),
    )
