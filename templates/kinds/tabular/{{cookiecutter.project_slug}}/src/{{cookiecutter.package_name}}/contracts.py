"""What the data must look like: read by loading, checking, training and the API's request model."""

from functools import partial

import pandera.pandas as pa

harmless = partial(pa.Column, metadata={"pii": False})  # may stand in the prediction log

CONTRACT = pa.DataFrameSchema(
    {
        "customer_id": pa.Column(str, description="stable customer number", metadata={"pii": True}),
        "month": harmless("datetime64[ns]", description="month the row describes"),
        "signup_date": pa.Column("datetime64[ns]", description="first contract"),
        "plan": harmless(str, pa.Check.isin(["basic", "plus", "pro"])),
        "region": harmless(str, description="sales region; new ones may appear"),
        "channel": harmless(str, nullable=True, description="where the customer came from"),
        "auto_pay": harmless(bool, description="pays by direct debit"),
        "monthly_fee": harmless(float, pa.Check.in_range(0, 1000), description="EUR a month"),
        "usage_hours": harmless(float, pa.Check.ge(0), nullable=True, description="in the month"),
        "support_tickets": harmless(int, pa.Check.ge(0), description="opened in the month"),
        "days_since_login": harmless("Int64", pa.Check.ge(0)),
        "satisfaction": harmless("Int64", pa.Check.in_range(1, 5), nullable=True),
        "churned": pa.Column(str, pa.Check.isin(["no", "yes"]), description="left next month"),
    },
    coerce=True,
)
