"""Features: one row in, one row out. Training, batch and the API all run this function."""

import pandas as pd


def derive(rows: pd.DataFrame) -> pd.DataFrame:
    """The model's features."""
    return rows.assign(bill_shape=rows["bill_length_mm"] / rows["bill_depth_mm"])
