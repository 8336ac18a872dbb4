"""Data: declared, classified, pinned, and not in git."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from mlctl.check.rule import Finding, rule
from mlctl.core.project import Project
from mlctl.core.standards import Standards
from mlctl.tools import yaml

DECLARED = ("datasets.yml", "datasets.yaml", "src/*/datasets.yml", "conf/datasets.yml", "config/datasets.yml")
POINTERS = ("dvc.lock", "**/*.dvc", ".lakefs*", "lakefs*.yml", "**/data-manifest.json")
APART = (
    "tests/**",
    "test/**",
    "**/tests/**",
    "**/test/**",
    "**/fixtures/**",
    "**/testdata/**",
    "**/test_*/**",
    "**/*test_data/**",
    "docs/**",
    "**/docs/**",
)
LOCKS = ("*.lock", "**/*.lock", "package-lock.json", "**/package-lock.json", "constraints*.txt", "**/conda-lock.yml")


def datasets(project: Project) -> tuple[str, dict[str, Any]]:
    """Return the file that declares the data sets and what it says of each; nothing where there is none."""
    path = next(iter(project.find(*DECLARED)), "")
    try:
        said = yaml.load(project.text(path), path, texts=False) if path else {}
    except yaml.Malformed:
        said = {}
    found = said.get("datasets") if isinstance(said, Mapping) else {}
    return path, {str(n): dict(s) for n, s in found.items() if isinstance(s, Mapping)} if isinstance(
        found, Mapping
    ) else {}


def line_of(project: Project, path: str, name: str) -> int:
    """Return the line on which a data set is declared."""
    lines = project.text(path).splitlines()
    return next((at for at, line in enumerate(lines, 1) if line.strip().startswith(f"{name}:")), 0)


@rule(
    "DAT101",
    "every declared data set has a schema",
    stage="production",
    requires=("DAT103",),
    passes=[{"datasets.yml": "datasets:\n  a: {uri: x, schema: CONTRACT}"}, {"README.md": ""}],
    fails={"datasets.yml": "datasets:\n  a: {uri: x}"},
)
def data_has_a_schema(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    What the rows must look like is known to somebody; written down, it is checked each time.

    Name the `schema` of each data set in datasets.yml.
    """
    path, found = datasets(project)
    for name, said in found.items():
        if not said.get("schema"):
            yield Finding(path, f"the data set '{name}' has no schema", line_of(project, path, name))


@rule(
    "DAT103",
    "data is classified",
    stage="production",
    policy="locked",
    passes={"datasets.yml": "datasets:\n  a:\n    uri: x\n    pii: false\n    retention: P2Y"},
    fails=[{"README.md": ""}, {"datasets.yml": "datasets:\n  a:\n    uri: x\n    pii: true"}],
)
def data_is_classified(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    Personal data that nobody named as such is kept too long and shown to too many.

    Say `pii` and `retention` for each data set in datasets.yml.
    """
    path, found = datasets(project)
    if not found:
        yield Finding(path or "datasets.yml", "no data set is declared")
    for name, said in found.items():
        lacking = [key for key in ("pii", "retention") if said.get(key) is None]
        if lacking:
            yield Finding(
                path, f"the data set '{name}' does not say its {' and '.join(lacking)}", line_of(project, path, name)
            )


@rule(
    "DAT105",
    "no raw data in git",
    stage="explore",
    passes=[
        {"data/small.csv": "a,b\n1,2\n"},
        {"tests/data/big.csv": "1,2\n" * 40_000},
        {"data/sample.csv": "1,2\n" * 40_000, "datasets.yml": "datasets: {a: {uri: data/sample.csv, synthetic: true}}"},
    ],
    fails=[
        {"data/train.csv": "1,2\n" * 40_000},
        {"data/a.csv": "1\n" * 90_000, "datasets.yml": "datasets: {a: {uri: data/a.csv, synthetic: true, sha256: 12}}"},
    ],
)
def no_raw_data_in_git(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    Data in git can't be deleted when somebody asks for it, and every clone carries it for ever.

    Run `git rm --cached` on it, keep it in a store, and declare its uri and sha256 in datasets.yml.
    """
    sizes = project.memo("sizes", project.repository.sizes)
    suffixes, limit = tuple(standards.names("data_suffixes")), standards.number("data_bytes")
    synthetic = {str(s.get("uri")): s for s in datasets(project)[1].values() if s.get("synthetic") is True}
    apart = set(project.find(*APART))
    for path in project.paths:
        if (
            "{{" in path
            or not path.lower().endswith(suffixes)
            or path in apart
            or sizes.get(project.full(path), 0) <= limit
        ):
            continue
        said = synthetic.get(path)
        if said is None:
            yield Finding(path, f"{sizes[project.full(path)]:,} bytes of data are in git")
        elif (
            said.get("sha256")
            and hashlib.sha256(project.repository.read(project.full(path))).hexdigest() != said["sha256"]
        ):
            yield Finding(path, "it is declared synthetic, but is not the file whose sha256 is declared")


@rule(
    "DAT108",
    "no large files in git",
    stage="explore",
    passes=[{"a.bin": "1"}, {"uv.lock": "1" * 1_000_001}, {"docs/film.gif": "1" * 1_000_001}],
    fails={"model.bin": "1" * 1_000_001},
)
def no_large_files(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A large file makes every clone slow, for ever.

    Keep it in a store or in Git LFS, and remove it with `git rm --cached`.
    """
    sizes = project.memo("sizes", project.repository.sizes)
    limit, locks = standards.number("blob_bytes"), set(project.find(*LOCKS))
    told = tuple(standards.names("data_suffixes") + standards.names("media_suffixes"))
    for path in project.paths:
        size = sizes.get(project.full(path), 0)
        if size > limit and path not in locks and not path.lower().endswith(told):
            yield Finding(path, f"{size:,} bytes are in git; the limit is {limit:,}")


@rule(
    "DAT109",
    "training data has an immutable reference",
    stage="production",
    passes=[
        {"datasets.yml": "training: a\ndatasets:\n  a: {uri: x, sha256: 0f}"},
        {"dvc.lock": ""},
        {"a.csv": "", "datasets.yml": "datasets:\n  a: {uri: a.csv}"},
    ],
    fails=[{"README.md": ""}, {"datasets.yml": "training: a\ndatasets:\n  a: {uri: s3://b/latest}"}],
)
def training_data_is_pinned(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A model whose data may have changed since can be neither rebuilt nor explained.

    Write the `sha256` or the `version` of each data set into datasets.yml.
    """
    if project.has(*POINTERS):
        return
    path, found = datasets(project)
    if not found:
        yield Finding(path or "datasets.yml", "nothing says which data the model is trained on")
    for name, said in found.items():
        tracked = str(said.get("uri")) in project.names  # what lies in git is pinned by the commit
        if not tracked and not any(said.get(key) for key in ("sha256", "version", "snapshot", "revision")):
            yield Finding(path, f"the data set '{name}' has no sha256 and no version", line_of(project, path, name))
