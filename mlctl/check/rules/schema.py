"""Data that is looked at before it is used, and data that is not looked at before it may be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlctl.check.code import Code, code
from mlctl.check.rule import Finding, rule
from mlctl.check.rules.data import datasets, line_of
from mlctl.core.project import Project
from mlctl.core.record import PROJECT
from mlctl.core.standards import Standards

NAME = re.compile(r"[A-Za-z_][\w.]*(:\w+)?\Z")
JUDGES = re.compile(
    r"(^|/)(\w*_)?(evaluat\w*|eval|gate|metrics?|scor\w*|report\w*|judge|validat\w*|test\w*)(_\w+)?(\.py|/)"
)
TOLD = "training: rows\ndatasets:\n  rows: {uri: rows.csv, schema: ROWS}\n"
TRAINED = {
    PROJECT: "entry_points: {train: churn.train}\n",
    "src/churn/datasets.yml": TOLD,
    "src/churn/contracts.py": "ROWS = schema()\n",
    "src/churn/train.py": "from .data import load\n",
    "src/churn/data.py": "from .contracts import ROWS\n\ndef load(path):\n    return ROWS.validate(read(path))\n",
}
HELD = "training: rows\nholdout: last\ndatasets:\n  rows: {uri: rows.csv}\n  last: {uri: data/last.csv}\n"


@rule(
    "DAT102",
    "training checks its data against the schema",
    stage="production",
    attestable=True,
    requires=("DAT101", "DAT103"),
    passes=[
        TRAINED,
        {**TRAINED, "src/churn/data.py": "from .contracts import ROWS\nfrom x import check\n\ncheck(ROWS, 1)\n"},
        {**TRAINED, "src/churn/data.py": "from x import check_types\n\n@check_types\ndef load() -> Frame[ROWS]: ...\n"},
        {"README.md": ""},
    ],
    fails=[
        {**TRAINED, "src/churn/data.py": "from .contracts import ROWS\n\ncolumns(ROWS)\n"},
        {**TRAINED, "src/churn/train.py": "import pandas\n"},
    ],
)
def training_checks_its_data(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A schema that nothing enforces describes the data of last year.

    Call the schema where training reads its data, for example `CONTRACT.validate(rows)`.
    """
    files = code(project, standards)
    start = files.graph.file(project.entry("train").partition(":")[0]) if project.entry("train") else ""
    if not start:
        return
    path, found = datasets(project)
    checked = {name for file in files.graph.reach(start) for name in files.facts(file).checked}
    for name, said in found.items():
        schema = str(said.get("schema") or "")
        if NAME.match(schema) and re.split(r"[.:]", schema)[-1] not in checked:
            words = f"nothing that training imports checks '{name}' against {schema}"
            yield Finding(path, words, line_of(project, path, name))


@rule(
    "EVL108",
    "the hold-out is read by evaluation alone",
    stage="production",
    severity="warning",
    passes=[
        {"datasets.yml": HELD, "src/evaluate.py": "rows = read('data/last.csv')"},
        {"datasets.yml": HELD.replace("holdout: last\n", ""), "src/train.py": "rows = read('data/last.csv')"},
    ],
    fails=[
        {"datasets.yml": HELD, "src/train.py": "x = 1\nrows = read('data/last.csv')"},
        {"datasets.yml": HELD.replace("holdout: last\n", "").replace("last.csv", "last.csv, role: holdout"),
         "src/features.py": "scale('s3://b/data/last.csv')"},
    ],
)  # fmt: skip
def the_holdout_is_kept_apart(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    What was looked at while the model was made says nothing any more of rows that it never saw.

    Read the data set that datasets.yml names as `holdout` in the code that evaluates, and nowhere else.
    """
    path, found = datasets(project)
    held = {name: str(said.get("uri") or "") for name, said in found.items() if _held(project, path, name, said)}
    if not any(held.values()):
        return
    for file, text in project.texts(_makers(code(project, standards))):
        for name, uri in held.items():
            at = text.find(uri) if uri else -1
            if at >= 0:
                yield Finding(file, f"it reads the hold-out '{name}'", text.count("\n", 0, at) + 1)


def _held(project: Project, path: str, name: str, said: dict[str, object]) -> bool:
    """Tell whether a data set is declared to be for evaluation only."""
    named = re.search(r"(?m)^(holdout|hold_out|test):\s*[\"']?([\w.-]+)", project.text(path))
    return str(said.get("role")) in ("holdout", "hold-out", "test") or bool(named and named[2] == name)


def _makers(files: Code) -> list[str]:
    """Return the files of the product that make a model, and judge none."""
    return [path for path in files.product if not JUDGES.search(path)]
