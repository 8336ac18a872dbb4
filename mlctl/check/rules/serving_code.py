"""Serving, one file at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlctl.check.rule import Finding, file_rule
from mlctl.check.source import Source, keyword, spread

if TYPE_CHECKING:
    from mlctl.core.standards import Standards


# the others find the signature by themselves
LOGS = re.compile(
    r"mlflow\.(?!(?:transformers|sentence_transformers|openai|langchain|llama_index)\.)\w+\.(log|save)_model"
)


@file_rule(
    "SRV102",
    "logged models have a signature",
    words="log_model",
    stage="shared",
    passes=[
        "import mlflow\nmlflow.sklearn.log_model(m, name='m', signature=s)",
        "import mlflow\nmlflow.sklearn.log_model(m, **o)",
        "x.log_model(m)",
        "import mlflow\nmlflow.pyfunc.log_model(m, input_example=e)",
    ],
    fails=["import mlflow\nmlflow.sklearn.log_model(m, name='m')", "import mlflow.xgboost as x\nx.log_model(m, 'm')"],
)
def models_have_a_signature(source: Source, standards: Standards) -> Iterator[Finding]:
    """
    Without a signature the registry takes rows that the model never saw the like of.

    Pass `signature=infer_signature(X, y)` or `input_example=` to `log_model`.
    """
    if not source.product:
        return
    for name, call in source.calls:
        known = LOGS.fullmatch(name)
        if known and not keyword(call, "signature", "input_example") and not spread(call):
            yield Finding(source.path, f"`{name}` logs a model without its signature", call.lineno)
