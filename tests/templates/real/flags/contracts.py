"""What the data must look like: read by loading, checking, training and the API's request model."""

import pandera.pandas as pa

CONTRACT = pa.DataFrameSchema(
    {
        "year": pa.Column("datetime64[ns]"),
        "x": pa.Column(float, nullable=True),
        "kind": pa.Column("category"),
        "flag": pa.Column(bool),
        "won": pa.Column(bool),
    },
)
