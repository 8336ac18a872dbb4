"""the data keep the contract"""

from . import Context

ORDER = 10


def run(context: Context) -> None:
    """Load the rows and check them."""
    data = context.data
    context.tell("rows", f"{len(data.rows)} of {data.uri}", rows=len(data.rows), sha256=data.sha256)
    context.tell("contract", f"kept by {len(data.rows.columns)} columns")
