"""Reading a data set."""

import pandas as pd

from .contracts import CONTRACT
from .platform.datasets import columns
from .platform.schema import read_csv, typed


def load(uri: str) -> pd.DataFrame:
    """The rows of a CSV or Parquet file, typed by the contract."""
    if uri.endswith(".parquet"):
        return typed(pd.read_parquet(uri), columns(CONTRACT))
    return typed(read_csv(uri), columns(CONTRACT))
