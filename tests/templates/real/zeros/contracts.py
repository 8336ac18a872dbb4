"""What the data must look like: read by loading, checking, training and the API's request model."""

import pandera.pandas as pa

CONTRACT = pa.DataFrameSchema(
    {
        "size": pa.Column(str, nullable=True, metadata={"alias": "Size"}),
        "shop": pa.Column(str),
        "sold_on": pa.Column("datetime64[ns]", metadata={"alias": "sold on"}),
        "items": pa.Column("Int64", nullable=True),
    },
)
