"""What the data must look like: read by loading, checking, training and the API's request model."""

import pandera.pandas as pa

CONTRACT = pa.DataFrameSchema(
    {
        "person": pa.Column(str, metadata={"alias": "Individual ID", "pii": True}),
        "odd": pa.Column(float, metadata={"alias": "Odd Header (%)"}),
        "survey_code": pa.Column(str, description="a code, not a number"),
        "agreed": pa.Column("boolean", nullable=True),
        "born": pa.Column(pa.Date, nullable=True, metadata={"pii": True}),
        "children": pa.Column("Int64", nullable=True),
        "nothing": pa.Column(float, nullable=True),
        "always": pa.Column(int),
        "town": pa.Column(str),
        "grade": pa.Column(int, pa.Check.isin([1, 2, 3, 7])),
    },
)
