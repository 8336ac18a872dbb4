"""Reading a data set."""

import pandas as pd

from .contracts import CONTRACT
from .platform.config import Csv
from .platform.datasets import columns
from .platform.table import read


def load(path: str, csv: Csv | None = None) -> pd.DataFrame:
    """The rows of a CSV or Parquet file, typed by the contract."""
    return read(path, columns(CONTRACT), csv)
