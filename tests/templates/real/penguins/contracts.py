"""What the data must look like: read by loading, checking, training and the API's request model."""

import pandera.pandas as pa

SPECIES = ["Adelie", "Chinstrap", "Gentoo"]

CONTRACT = pa.DataFrameSchema(
    {
        "species": pa.Column(str, pa.Check.isin(SPECIES)),
        "island": pa.Column(str),
        "bill_length_mm": pa.Column(float, pa.Check.gt(0), nullable=True),
        "bill_depth_mm": pa.Column(float, pa.Check.gt(0), nullable=True),
        "flipper_length_mm": pa.Column("Int64", pa.Check.gt(0), nullable=True),
        "body_mass_g": pa.Column("Int64", pa.Check.gt(0), nullable=True),
        "sex": pa.Column(str, pa.Check.isin(["female", "male"]), nullable=True),
        "year": pa.Column(int),
    },
    coerce=True,
)
