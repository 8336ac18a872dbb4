"""Data, one file at a time: how it is read, where it is named, what a notebook keeps of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlctl.check import flow
from mlctl.check.rule import Finding, file_rule
from mlctl.check.source import Source, keyword, spread

if TYPE_CHECKING:
    from mlctl.core.standards import Standards

READERS = frozenset(("pandas.read_csv", "pandas.read_table", "pandas.read_fwf", "polars.read_csv", "polars.scan_csv"))
TYPED = ("dtype", "usecols", "names", "converters", "schema", "schema_overrides", "dtypes", "columns", "with_columns")
CASTS = frozenset(("astype", "cast", "convert_dtypes"))
BUCKET = re.compile(r"(s3a?|gs|gcs|abfss?|wasbs?|adl|oss|cos)://([\w.-]*[a-z0-9][\w.@-]*)(/[^{}<>]*)?\Z")
EXAMPLE = re.compile(r"(^|[-_./])(my|your\w*|example|some|bucket|placeholder|foo|dummy|test|xxx)([-_.]|$)", re.I)
SHOWN = re.compile(r"(^|/)(docs?|tutorials?|examples?)/")
OUTPUT = re.compile(rb'(?<!\\)"outputs"\s*:\s*\[\s*[^\]\s]')


@file_rule(
    "DAT106",
    "reads declare their columns or types",
    words="read_csv|read_table|read_fwf|scan_csv",
    stage="shared",
    passes=[
        "import pandas as pd\npd.read_csv('a', dtype=str)",
        "import pandas as pd\npd.read_csv('a', **options)",
        "class A:\n    def f(self):\n        self.read_csv('a')",
        "import pandas as pd\npd.read_csv('a').astype(TYPES)",
        "import pandas as pd\nrows = pd.read_csv('a')\nrows = rows.astype(TYPES)",
        "import pandas as pd\ndef f(p):\n    rows = pd.read_csv(p)\n    return SCHEMA.validate(rows)",
        "import pandas as pd\n@pa.check_types\ndef f(p) -> DataFrame[Rows]:\n    return pd.read_csv(p)",
    ],
    fails=[
        "import pandas as pd\npd.read_csv('a')\ny = z.astype(int)",
        "from pandas import read_csv as r\nr('a', sep=';')",
    ],
)
def reads_declare_types(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    Types that are guessed from the rows change with the rows: `007` is a number until it is `00A`.

    Pass `dtype=` (or `usecols=`, `schema=`) to the reader, or read through the contract.
    """
    if not source.product:
        return
    checked = {one for scope in flow.scopes(source.tree) for one in _checked(scope)}
    for name, call in source.calls:
        if name in READERS and not keyword(call, *TYPED) and not spread(call) and id(call) not in checked:
            yield Finding(source.path, f"`{name.rpartition('.')[2]}` guesses the types of the columns", call.lineno)


def _checked(scope: ast.AST) -> set[int]:
    """Return the calls of a scope whose rows are held against a contract, or get their types afterwards."""
    nodes = list(flow.own(scope))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    used = [one.func for one in calls if isinstance(one.func, ast.Attribute)]
    marks = (one for one in getattr(scope, "decorator_list", ()) if "check_" in ast.unparse(one))
    if any(marks) or any(one.attr == "validate" for one in used):
        return {id(one) for one in calls}
    cast = [one.value for one in used if one.attr in CASTS]
    names = {one.id for one in cast if isinstance(one, ast.Name)}
    made = [node for node in nodes if isinstance(node, ast.Assign)]
    return {id(one) for one in cast} | {id(one.value) for one in made if names & flow.names(one.targets)}


@file_rule(
    "DAT110",
    "no bucket literals in code",
    words="s3://|s3a://|gs://|gcs://|abfs://|abfss://|wasb://|wasbs://|adl://",
    stage="shared",
    passes=["uri.startswith('s3://')", "x = f's3://{bucket}/a'", "x = 's3://my-bucket/a'", "x = 'give s3://a/b'"],
    fails=["x = 's3://churn-prod/train.csv'", "def f(uri='gs://models/churn/'): pass"],
)
def no_bucket_literals(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    A bucket in the code ties every environment and every test to one place.

    Name it in datasets.yml or in the environment.
    """
    if not source.product:
        return
    for node in source.literals():
        found = BUCKET.match(str(node.value))
        if found and "/schema/" not in found[0] and not EXAMPLE.search(found[2]) and not EXAMPLE.search(found[3] or ""):
            yield Finding(source.path, f"'{str(node.value)[:60]}' stands in the code", node.lineno)


@file_rule(
    "DAT112",
    "notebooks carry no outputs",
    words='"outputs"',
    syntax=False,
    stage="explore",
    fix="safe",
    passes=[
        {"a.ipynb": '{"cells": [{"outputs": [], "source": ["x"]}]}'},
        {"docs/a.ipynb": '{"cells": [{"outputs": [{"data": 1}]}]}'},
    ],
    fails={"a.ipynb": '{"cells": [{"outputs": [{"data": 1}], "source": ["x"]}]}'},
)
def notebooks_carry_no_outputs(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    Outputs carry rows of data into git, and hide what changed in a review.

    Clear them with `nbstripout`, and add it to .pre-commit-config.yaml.
    """
    if source.path.endswith(".ipynb") and not SHOWN.search(source.path):
        found = OUTPUT.search(source.data)
        if found:
            yield Finding(source.path, "it holds outputs", source.data.count(b"\n", 0, found.start()) + 1, "outputs")
