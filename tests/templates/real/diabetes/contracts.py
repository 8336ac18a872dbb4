"""What the data must look like: read by loading, checking, training and the API's request model."""

import pandera.pandas as pa

CONTRACT = pa.DataFrameSchema(
    {
        "age": pa.Column(int, pa.Check.in_range(0, 120)),
        "sex": pa.Column(str, pa.Check.isin(["1", "2"])),
        "bmi": pa.Column(float, pa.Check.gt(0)),
        "bp": pa.Column(float, pa.Check.gt(0), description="average blood pressure"),
        "s1": pa.Column(int, description="total serum cholesterol"),
        "s2": pa.Column(float, description="low-density lipoproteins"),
        "s3": pa.Column(float, description="high-density lipoproteins"),
        "s4": pa.Column(float, description="total cholesterol / HDL"),
        "s5": pa.Column(float, description="log of serum triglycerides"),
        "s6": pa.Column(float, description="blood sugar"),
        "target": pa.Column(float, pa.Check.ge(0), description="disease after a year"),
    },
    coerce=True,
)
