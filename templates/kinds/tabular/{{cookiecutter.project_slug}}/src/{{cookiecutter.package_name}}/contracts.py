"""What the data must look like: read by loading, checking, training and the API's request model."""

import pandera.pandas as pa

CONTRACT = pa.DataFrameSchema(
    {
        "customer_id": pa.Column(str, description="stable customer number", metadata={"pii": True}),
        "month": pa.Column("datetime64[ns]", description="month the row describes"),
        "signup_date": pa.Column("datetime64[ns]", description="first contract"),
        "plan": pa.Column(str, pa.Check.isin(["basic", "plus", "pro"])),
        "region": pa.Column(str, description="sales region; new ones may appear"),
        "channel": pa.Column(str, nullable=True, description="where the customer came from"),
        "auto_pay": pa.Column(bool, description="pays by direct debit"),
        "monthly_fee": pa.Column(float, pa.Check.in_range(0, 1000), description="EUR a month"),
        "usage_hours": pa.Column(float, pa.Check.ge(0), nullable=True, description="in the month"),
        "support_tickets": pa.Column(int, pa.Check.ge(0), description="opened in the month"),
        "days_since_login": pa.Column("Int64", pa.Check.ge(0)),
        "satisfaction": pa.Column("Int64", pa.Check.in_range(1, 5), nullable=True),
        "churned": pa.Column(str, pa.Check.isin(["no", "yes"]), description="left next month"),
    },
    coerce=True,
)
