"""Features: one row in, one row out. Training, batch and the API all run this function."""

import pandas as pd


def derive(rows: pd.DataFrame) -> pd.DataFrame:
    """The model's features."""
    return rows.assign(
        age=pd.Timestamp("2026-01-01") - rows["born"],
        ratio=rows["odd"] / rows["children"],
        word=rows["town"].str.upper().str[:6].astype("category"),
    )
